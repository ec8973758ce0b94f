import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Wire

/// Why a body was not read.
enum BodyProblem: Error, Hashable, Sendable {
  case tooLarge
  case tooSlow
}

extension Request {
  /// The whole body, within a limit and a deadline.
  ///
  /// The server's idle timeout starts anew with every byte, so a sender could hold a connection for as long as it
  /// likes; the deadline is for the whole body, and is looked at with each part that arrives. Silence is the idle
  /// timeout's. So no timer is set for each request: thousands a second would outlive the requests that set them.
  ///
  /// - Parameter now: asked once for each part.
  func bytes(
    upTo limit: Int, within deadline: Duration, now: () -> ContinuousClock.Instant = { ContinuousClock.now }
  ) async throws -> [UInt8] {
    let length = headers[.contentLength].flatMap(Int.init)
    if let length, length > limit { throw BodyProblem.tooLarge }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length ?? 0)
    let end = now() + deadline
    for try await part in body {
      guard bytes.count + part.readableBytes <= limit else { throw BodyProblem.tooLarge }
      bytes += part.readableBytesView
      guard now() < end else { throw BodyProblem.tooSlow }
    }
    return bytes
  }

  /// The decoded pairs of the query; nil where one of them is malformed.
  var queryPairs: [(name: String, value: String)]? { URLEncoding.pairs(of: uri.query ?? "") }
}

/// The fields of a form or of a query, each at most once.
struct FormFields: Sendable {
  private let values: [String: String]

  /// Nil where a name stands twice, or a value is longer than any of ours.
  init?(_ pairs: [(name: String, value: String)]?, longest: Int = 4096) {
    guard let pairs else { return nil }
    var values: [String: String] = [:]
    for (name, value) in pairs {
      guard value.utf8.count <= longest, values.updateValue(value, forKey: name) == nil else { return nil }
    }
    self.values = values
  }

  subscript(name: String) -> String? { values[name] }
}

extension Request {
  /// The pairs of a posted form; nil where it is malformed.
  func formPairs(within deadline: Duration) async throws -> [(name: String, value: String)]? {
    let bytes = try await bytes(upTo: 64 * 1024, within: deadline)
    return String(validating: bytes, as: UTF8.self).flatMap { URLEncoding.pairs(of: $0) }
  }
}

extension BasicRequestContext {
  /// A part of the path, decoded; empty where its encoding is malformed, which nothing of ours is called.
  func pathPart(_ name: String) -> String { parameters.get(name).flatMap { URLEncoding.decode($0) } ?? "" }

  /// The name under which logs know this request.
  var requestID: String { logger[metadataKey: "hb.request.id"].map(String.init(describing:)) ?? "unknown" }
}
