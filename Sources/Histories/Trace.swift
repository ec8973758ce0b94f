import SyncCore
import SyncModel

/// What happened in a history, one line an action; two runs of one seed must give the same lines, which their
/// fingerprint tells.
package struct Trace: Hashable, Sendable {
  /// FNV-1a over all lines.
  package private(set) var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325
  package private(set) var lines: [String] = []
  private let isKept: Bool

  init(isKept: Bool) { self.isKept = isKept }

  mutating func add(_ line: String) {
    for byte in line.utf8 { fingerprint = (fingerprint ^ UInt64(byte)) &* 0x100_0000_01B3 }
    if isKept { lines.append(line) }
  }
}

extension OperationLifecycle.Transition {
  /// A word for the trace.
  var word: String {
    switch self {
    case .done(let receipt):
      switch receipt {
      case .issueCreated(let id, let key): "done, issue \(id) \(key)"
      case .commented(let id, text: _): "done, comment \(id)"
      case .caseCommented(let id): "done, case comment \(id?.rawValue ?? "unnamed")"
      case .nothingToDo: "done, nothing to do"
      case .caseAsked(let answer): "done, \(answer.words)"
      case .commentGone: "done, the comment is gone"
      case .issueEdited, .transitioned, .caseWritten, .commentDeleted, .attached, .linked, .caseCommentEdited,
        .caseCommentDeleted, .issueDeleted, .issueGone, .caseAttached:
        "done"
      }
    case .tryAgain: "try again"
    case .refreshGrant: "refresh"
    case .pace(let level, _): "paced by \(level.rawValue)"
    case .verify: "verify"
    case .hold(let reason): "held for \(reason.rawValue)"
    case .bury: "dead"
    case .sendAgain: "send again"
    case .leaveBehind(let fields): "leaves behind \(fields.keys.sorted())"
    case .skip: "skipped"
    case .handBack: "handed back"
    }
  }
}
