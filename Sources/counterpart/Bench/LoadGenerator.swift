import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Keeps a number of connections busy with requests that it is given as bytes, one under way on each, and counts the
/// answers: as little as possible between two requests, so that what is measured is the server.
struct LoadGenerator {
  struct Result: Sendable {
    var answers: Int
    /// Answers whose status was not the one expected.
    var unexpected: Int
    var seconds: Double
    var perSecond: Double { Double(answers) / seconds }
  }

  let port: Int
  let connections: Int
  let expectedStatus: String

  /// - Parameters:
  ///   - count: how many requests in all.
  ///   - request: the bytes of request number n, HTTP/1.1 with keep-alive.
  func run(count: Int, request: @escaping @Sendable (Int) -> [UInt8]) async throws -> Result {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let start = ContinuousClock.now
    let numbers = Numbers(count: count)
    let unexpected = try await withThrowingTaskGroup(of: Int.self) { tasks in
      for _ in 0..<connections {
        tasks.addTask {
          try await connection(group, numbers, request)
        }
      }
      return try await tasks.reduce(0, +)
    }
    let spent = ContinuousClock.now - start
    try await group.shutdownGracefully()
    let seconds = Double(spent.components.seconds) + Double(spent.components.attoseconds) / 1e18
    return Result(answers: count, unexpected: unexpected, seconds: seconds)
  }

  private func connection(
    _ group: MultiThreadedEventLoopGroup, _ numbers: Numbers, _ request: @escaping @Sendable (Int) -> [UInt8]
  ) async throws -> Int {
    let status = Array(expectedStatus.utf8)
    let channel = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port) { channel in
      channel.eventLoop.makeCompletedFuture {
        let done = channel.eventLoop.makePromise(of: Int.self)
        try channel.pipeline.syncOperations.addHandler(
          RequestLoop(numbers: numbers, expectedStatus: status, done: done, request: request))
        return done.futureResult
      }
    }
    return try await channel.get()
  }
}

/// Hands out the numbers of requests to all connections; they share one event loop.
private final class Numbers: Sendable {
  private let next: NIOLockedValueBox<Int>
  private let count: Int

  init(count: Int) {
    self.count = count
    next = NIOLockedValueBox(0)
  }

  func take() -> Int? {
    next.withLockedValue { next in
      guard next < count else { return nil }
      defer { next += 1 }
      return next
    }
  }
}

/// Sends a request, waits for the whole answer, sends the next.
private final class RequestLoop: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let numbers: Numbers
  private let expectedStatus: [UInt8]
  private let done: EventLoopPromise<Int>
  private let request: @Sendable (Int) -> [UInt8]
  private var received: [UInt8] = []
  private var unexpected = 0

  init(
    numbers: Numbers, expectedStatus: [UInt8], done: EventLoopPromise<Int>,
    request: @escaping @Sendable (Int) -> [UInt8]
  ) {
    self.numbers = numbers
    self.expectedStatus = expectedStatus
    self.done = done
    self.request = request
  }

  func channelActive(context: ChannelHandlerContext) { sendNext(context) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += unwrapInboundIn(data).readableBytesView
    guard let end = endOfHead(), received.count >= end + contentLength(end) else { return }
    // "HTTP/1.1 202 …"
    if Array(received[9..<12]) != expectedStatus { unexpected += 1 }
    received.removeFirst(end + contentLength(end))
    sendNext(context)
  }

  func channelInactive(context: ChannelHandlerContext) { done.fail(ChannelError.eof) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    done.fail(error)
    context.close(promise: nil)
  }

  private func sendNext(_ context: ChannelHandlerContext) {
    if let number = numbers.take() {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request(number))), promise: nil)
    } else {
      done.succeed(unexpected)
      context.close(promise: nil)
    }
  }

  private func endOfHead() -> Int? {
    guard received.count >= 4 else { return nil }
    for index in 0...(received.count - 4)
    where received[index] == 13 && received[index + 1] == 10 && received[index + 2] == 13 && received[index + 3] == 10 {
      return index + 4
    }
    return nil
  }

  private func contentLength(_ end: Int) -> Int {
    let head = String(decoding: received[..<end], as: UTF8.self).lowercased()
    guard let range = head.firstRange(of: "content-length: ") else { return 0 }
    return Int(head[range.upperBound...].prefix { $0.isNumber }) ?? 0
  }
}
