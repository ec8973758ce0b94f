/// One answer that becomes part of another request's body: a file on its way from one far side to the other.
package struct WirePipe: Hashable, Sendable {
  /// Asks for the content.
  package var source: WireRequest
  /// Takes it; its ``WireRequest/body`` stands before the content.
  package var target: WireRequest
  /// Stands behind the content.
  package var suffix: [UInt8]
  /// A longer content is given up, whatever its sender said of its length.
  package var limitBytes: Int64

  package init(source: WireRequest, target: WireRequest, suffix: [UInt8], limitBytes: Int64) {
    self.source = source
    self.target = target
    self.suffix = suffix
    self.limitBytes = limitBytes
  }

  package enum Outcome: Hashable, Sendable {
    /// The target's answer.
    case answered(WireResponse)
    /// The source answered with another status than 200–299, so that nothing was sent to the target.
    case refused(WireResponse)
    /// The source did not answer; nothing was sent to the target.
    case noContent(TransportFailure)
    /// The content is longer than the limit. The target got no whole request, so it cannot have acted on one.
    case tooLong
    /// The target gave no answer, or the content broke off on the way there.
    case lost(TransportFailure)
  }
}

extension Transport {
  /// For transports inside the process, whose answers are in memory anyway: the order of things, and what may go wrong,
  /// are those of a stream. Whatever opens connections has its own.
  package func pipe(_ pipe: WirePipe) async -> WirePipe.Outcome {
    let content: WireResponse
    do throws(TransportFailure) { content = try await send(pipe.source) } catch { return .noContent(error) }
    guard (200..<300).contains(content.status) else { return .refused(content) }
    guard content.body.count <= pipe.limitBytes else { return .tooLong }
    var request = pipe.target
    request.body += content.body + pipe.suffix
    do throws(TransportFailure) { return .answered(try await send(request)) } catch { return .lost(error) }
  }
}
