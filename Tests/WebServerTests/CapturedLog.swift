import Logging
import Synchronization

/// What was logged, at every level, as it would be written.
final class CapturedLog: Sendable {
  struct Line: Hashable, Sendable {
    var level: Logger.Level
    var message: String
    var facts: [String: String]
  }

  private let kept = Mutex<[Line]>([])

  var lines: [Line] { kept.withLock { $0 } }

  /// All of it as one text, for a search.
  var text: String { lines.map { "\($0.message) \($0.facts.map { "\($0)=\($1)" }.joined(separator: " "))\n" }.joined() }

  /// What tells of steps of connecting, without the request's id.
  var steps: [[String: String]] {
    lines.filter { $0.message == "A step of connecting" }.map { $0.facts.filter { $0.key != "hb.request.id" } }
  }

  var logger: Logger { Logger(label: "captured") { _ in Handler(log: self) } }

  private struct Handler: LogHandler {
    let log: CapturedLog
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let facts = metadata.merging(event.metadata ?? [:]) { _, new in new }.mapValues(\.description)
      log.kept.withLock {
        $0.append(Line(level: event.level, message: event.message.description, facts: facts))
      }
    }
  }
}
