import Foundation
import JSON
import Logging
import SyncModel

/// Writes log lines to standard error, for people or, one JSON object a line, for machines. Control characters of
/// remote origin never reach a terminal.
struct LogOutput: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level
  let label: String
  let format: Settings.LogFormat

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let facts = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
    let line: String
    switch format {
    case .text:
      let rest = facts.map { " \($0.key)=\(Self.printable($0.value.description))" }.joined()
      line = "\(SystemClock.now) \(event.level) \(Self.printable(event.message.description))\(rest)"
    case .json:
      let members =
        [
          JSONMember("time", .string(SystemClock.now.description)), JSONMember("level", .string(event.level.rawValue)),
          JSONMember("message", .string(event.message.description)),
        ] + facts.map { JSONMember($0.key, .string($0.value.description)) }
      line = JSONValue.object(members).compact
    }
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  private static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }

  /// The process's logger.
  static func logger(_ settings: Settings) -> Logger {
    let level = Logger.Level(rawValue: settings.logLevel) ?? .info
    return Logger(label: "counterpart") { label in
      LogOutput(logLevel: level, label: label, format: settings.logFormat)
    }
  }
}
