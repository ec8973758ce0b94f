import Crypto
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Outbound
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Testing
import Wire

/// A file goes from one server to another over loopback, and is never whole in memory.
@Suite("A file is streamed from one far side to the other", .serialized)
struct PipeTests {
  /// What the source gave and the target took.
  private final class Progress: Sendable {
    private let state = Mutex((given: 0, taken: 0, ahead: 0, hash: SHA256()))
    func give(_ count: Int) {
      state.withLock { state in
        state.given += count
        state.ahead = max(state.ahead, state.given - state.taken)
      }
    }
    func take(_ buffer: ByteBuffer) {
      state.withLock { state in
        state.taken += buffer.readableBytes
        buffer.withUnsafeReadableBytes { state.hash.update(bufferPointer: $0) }
      }
    }
    var taken: Int { state.withLock { $0.taken } }
    /// The most that the source was ever ahead of the target.
    var ahead: Int { state.withLock { $0.ahead } }
    var digest: SHA256.Digest { state.withLock { $0.hash.finalize() } }
  }

  private static let piece = [UInt8]((0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })

  /// `GET /file/{pieces}` streams; with `?breaks` it ends early, with `?length` it says its length first. `POST /upload`
  /// reads slowly enough to be behind.
  private static func router(_ progress: Progress) -> Router<BasicRequestContext> {
    let router = Router()
    router.get("file/{pieces}") { request, context in
      let pieces = try context.parameters.require("pieces", as: Int.self)
      let breaks = request.uri.queryParameters["breaks"] != nil
      let length = request.uri.queryParameters["length"] == nil ? nil : pieces * Self.piece.count
      return Response(
        status: .ok,
        body: ResponseBody(contentLength: length) { writer in
          for index in 0..<pieces {
            if breaks, index == pieces / 2 { throw EndsEarly() }
            progress.give(Self.piece.count)
            try await writer.write(ByteBuffer(bytes: Self.piece))
          }
          try await writer.finish(nil)
        })
    }
    router.get("missing") { _, _ in Response(status: .notFound) }
    router.post("upload") { request, _ in
      for try await buffer in request.body { progress.take(buffer) }
      return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: "taken")))
    }
    return router
  }

  private struct EndsEarly: Error {}

  private static func pipe(_ origin: String, _ path: String, limit: Int64 = 1 << 30) -> WirePipe {
    WirePipe(
      source: WireRequest(.get, origin + path), target: WireRequest(.post, origin + "/upload", body: Array("<".utf8)),
      suffix: Array(">".utf8), limitBytes: limit)
  }

  private static func serving<Value: Sendable>(
    _ progress: Progress, _ body: @Sendable @escaping (String) async throws -> Value
  ) async throws -> Value {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let application = Application(
      router: router(progress), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) },
      logger: Logger(label: "pipe") { _ in
        SwiftLogNoOpLogHandler()
      })
    // Not cancelled: a connection that was just accepted would take the process with it (apple/swift-nio#2637).
    return try await testGracefulShutdown { trigger in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await application.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        let value = try await body("http://127.0.0.1:\(port)")
        trigger.triggerGracefulShutdown()
        try await group.waitForAll()
        return value
      }
    }
  }

  private static func send(
    _ path: String, limit: Int64 = 1 << 30, allowing: @escaping @Sendable (String) -> Set<String> = { [$0] }
  ) async throws -> (WirePipe.Outcome, Progress) {
    let progress = Progress()
    let outcome = try await serving(progress) { origin in
      let transport = HTTPTransport { allowing(origin) }
      let outcome = await transport.pipe(pipe(origin, path, limit: limit))
      await transport.shutdown()
      return outcome
    }
    return (outcome, progress)
  }

  @Test(
    "128 MB go through whole, chunked or with a length, and the source waits for the target", arguments: [true, false])
  func large(_ saysLength: Bool) async throws {
    let (outcome, progress) = try await Self.send("/file/2048" + (saysLength ? "?length" : ""))
    guard case .answered(let response) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(response.status == 200)
    #expect(progress.taken == (128 << 20) + 2)
    var hash = SHA256()
    hash.update(data: Array("<".utf8))
    for _ in 0..<2048 { hash.update(data: Self.piece) }
    hash.update(data: Array(">".utf8))
    #expect(progress.digest == hash.finalize())
    // The kernel's buffers of two connections hold some 20 MB, and on a busy machine the count of what was taken comes
    // late; a pipe that waited for nobody would be the whole file ahead.
    #expect(progress.ahead < 96 << 20)
  }

  @Test("A file over its limit is given up, whether it says its length or not", arguments: ["?length", ""])
  func tooLong(_ query: String) async throws {
    let (outcome, progress) = try await Self.send("/file/64" + query, limit: 1 << 20)
    #expect(outcome == .tooLong)
    #expect(progress.taken <= (1 << 20) + 1)
  }

  @Test("A file that breaks off is no file, and one that is missing sends nothing")
  func broken() async throws {
    let (outcome, _) = try await Self.send("/file/16?breaks")
    guard case .lost(.maybeSent) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    let (missing, progress) = try await Self.send("/missing")
    guard case .refused(let response) = missing else {
      Issue.record("\(missing)")
      return
    }
    #expect(response.status == 404)
    #expect(progress.taken == 0)
  }

  @Test("Neither end may be a host that is not allowed")
  func hosts() async throws {
    let (outcome, progress) = try await Self.send("/file/1") { _ in ["http://127.0.0.1:1"] }
    #expect(outcome == .noContent(.notSent("host not allowed")))
    #expect(progress.taken == 0)
    let elsewhere = try await Self.serving(Progress()) { origin in
      let transport = HTTPTransport { [origin] }
      var pipe = Self.pipe(origin, "/file/1")
      pipe.target.url = "http://localhost:1/upload"
      let outcome = await transport.pipe(pipe)
      await transport.shutdown()
      return outcome
    }
    #expect(elsewhere == .lost(.notSent("host not allowed")))
  }
}
