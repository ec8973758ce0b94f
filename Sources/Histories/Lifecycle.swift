import MappingLanguage
import Simulation

/// What the mapping of a history says of cases and issues that are deleted or opened again.
package struct Lifecycle: Hashable, Sendable {
  /// Never `delete`: nobody here has the permission, so that it would only be held.
  var ofDeletedCase = DeletionRule.OfCase.keep
  var ofDeletedIssue = DeletionRule.OfIssue.note
  var ofReopenedCase = ReopeningRule.OfCase.follow
  var ofReopenedIssue = ReopeningRule.OfIssue.follow

  /// Chosen so that the seeds which the tests remember from before there were others have the usual rules.
  static let spread: UInt64 = 0x9E37_79B1
  /// What holds where the mapping says nothing.
  static let usual = Lifecycle()

  private init() {}

  init(using dice: inout SeededRandom) {
    ofDeletedCase = dice.pick([.keep, .comment, .close])
    ofDeletedIssue = dice.pick([.note, .keep, .unlink, .recreate, .recreate])
    ofReopenedCase = dice.pick([.follow, .follow, .newIssue, .newIssue, .comment, .ignore])
    ofReopenedIssue = dice.pick([.follow, .follow, .comment, .ignore])
  }

  /// The elements of a mapping that say so.
  var elements: String {
    let close = ofDeletedCase == .close ? " status=\"Done\"" : ""
    return """
      <deletion case="\(ofDeletedCase.rawValue)"\(close) issue="\(ofDeletedIssue.rawValue)"/>
      <reopening case="\(ofReopenedCase.rawValue)" issue="\(ofReopenedIssue.rawValue)" closed="Closed"/>
      """
  }

  /// Whether the status of a case and that of its issue agree when everything has come to rest.
  var keepsStatus: Bool {
    (ofReopenedCase == .follow || ofReopenedCase == .newIssue) && ofReopenedIssue == .follow
  }
}

extension Lifecycle: CustomStringConvertible {
  package var description: String {
    "a deleted case: \(ofDeletedCase.rawValue), a deleted issue: \(ofDeletedIssue.rawValue), "
      + "a case opened again: \(ofReopenedCase.rawValue), an issue: \(ofReopenedIssue.rawValue)"
  }
}
