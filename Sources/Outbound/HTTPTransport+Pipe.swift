import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization
package import Wire

extension HTTPTransport {
  /// Streams a file: the next piece is asked of its source when the target has taken the one before, so that however
  /// large it is, no more than a few pieces are in memory.
  ///
  /// Without a word of the source about the length the request is chunked. The limit holds for what is read, not for
  /// what was announced.
  package func pipe(_ pipe: WirePipe) async -> WirePipe.Outcome {
    guard isAllowed(pipe.source.url) else { return .noContent(.notSent("host not allowed")) }
    guard isAllowed(pipe.target.url) else { return .lost(.notSent("host not allowed")) }
    let deadline = limits.pipeDeadline
    let progress = PipeProgress()
    return await withTaskGroup(of: WirePipe.Outcome?.self) { group in
      group.addTask { await stream(pipe, progress) }
      group.addTask {
        // Cancelled when the streaming ended first; its outcome counts then.
        try? await Task.sleep(for: deadline)
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      if let first { return first }
      let failure = TransportFailure.maybeSent("the file was not through before the deadline")
      return progress.hasBegun ? .lost(failure) : .noContent(failure)
    }
  }

  private func stream(_ pipe: WirePipe, _ progress: PipeProgress) async -> WirePipe.Outcome {
    let source: HTTPClientResponse
    do {
      source = try await client.execute(Self.outgoing(pipe.source), timeout: TimeAmount(limits.pipeDeadline))
      guard (200..<300).contains(source.status.code) else {
        return .refused(Self.response(source, try await whole(source.body)))
      }
    } catch { return .noContent(Self.failure(error)) }
    let announced = source.headers.first(name: "Content-Length").flatMap { Int64($0) }
    if let announced, announced > pipe.limitBytes { return .tooLong }
    let body = PipedBody(
      prefix: ByteBuffer(bytes: pipe.target.body), content: source.body, suffix: ByteBuffer(bytes: pipe.suffix),
      limitBytes: pipe.limitBytes, progress: progress)
    var outgoing = Self.outgoing(pipe.target)
    let around = Int64(pipe.target.body.count + pipe.suffix.count)
    outgoing.body = .stream(body, length: announced.map { .known($0 + around) } ?? .unknown)
    do {
      let answer = try await client.execute(outgoing, timeout: TimeAmount(limits.pipeDeadline))
      return .answered(Self.response(answer, try await whole(answer.body)))
    } catch {
      // A body that ends early leaves the target without a whole request.
      if progress.isTooLong { return .tooLong }
      return .lost(Self.failure(error))
    }
  }
}

extension HTTPTransport {
  fileprivate func whole(_ body: HTTPClientResponse.Body) async throws -> [UInt8] {
    Array(try await body.collect(upTo: limits.answerBytes).readableBytesView)
  }
}

/// What became of a stream, for whoever looks after it failed.
private final class PipeProgress: Sendable {
  private let state = Mutex((hasBegun: false, isTooLong: false))
  var hasBegun: Bool { state.withLock { $0.hasBegun } }
  var isTooLong: Bool { state.withLock { $0.isTooLong } }
  func begin() { state.withLock { $0.hasBegun = true } }
  func exceed() { state.withLock { $0.isTooLong = true } }
}

/// What stands before the content, the content as it arrives, and what stands behind it.
private struct PipedBody: AsyncSequence, Sendable {
  var prefix: ByteBuffer
  var content: HTTPClientResponse.Body
  var suffix: ByteBuffer
  var limitBytes: Int64
  var progress: PipeProgress

  func makeAsyncIterator() -> Iterator { Iterator(body: self, content: content.makeAsyncIterator()) }

  struct Iterator: AsyncIteratorProtocol {
    private enum Part { case prefix, content, end }

    var body: PipedBody
    var content: HTTPClientResponse.Body.AsyncIterator
    private var part = Part.prefix
    private var count: Int64 = 0

    init(body: PipedBody, content: HTTPClientResponse.Body.AsyncIterator) {
      self.body = body
      self.content = content
    }

    mutating func next() async throws -> ByteBuffer? {
      switch part {
      case .prefix:
        body.progress.begin()
        part = .content
        return body.prefix
      case .content:
        guard let piece = try await content.next() else {
          part = .end
          return body.suffix
        }
        count += Int64(piece.readableBytes)
        guard count <= body.limitBytes else {
          body.progress.exceed()
          throw ContentIsTooLong()
        }
        return piece
      case .end: return nil
      }
    }
  }
}

/// The content is longer than its limit.
private struct ContentIsTooLong: Error {}
