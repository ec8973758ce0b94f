import MappingLanguage
import Simulation
import SyncModel

/// What may be done because a case or an issue was deleted or opened again.
extension Truth {
  /// Whether a case may get an issue beside those that it had: one that was deleted may be made again, and one that was
  /// closed may stay behind as often as somebody opened the case again, where the mapping gives it another one then.
  func mayHaveAnother(_ item: CaseTruth) -> Bool {
    let left = item.issues.compactMap { issues[$0] }.filter { !$0.isDeleted }
    if left.isEmpty { return true }
    guard options.lifecycle.ofReopenedCase == .newIssue, let status = item.fields["status"]?.entries else {
      return false
    }
    let wereClosed = left.allSatisfy { issue in issue.fields["status"]?.entries.contains { $0.value == "Done" } ?? false
    }
    let openings = zip(status, status.dropFirst()).count { before, after in
      before.value == "Closed" && after.value != "Closed" && !after.isOurs
    }
    return wereClosed && left.count <= openings
  }

  /// The issue of a deleted case is closed, as the mapping says, by who deleted the case.
  mutating func isClosing(_ field: SimulatedEffect.Field, _ item: CaseTruth, _ effect: SimulatedEffect) -> Bool {
    guard options.lifecycle.ofDeletedCase == .close, let deleter = item.deleter, field.name == "status",
      field.value == "Done", maySend(effect.by, for: [deleter])
    else { return false }
    return count("\(effect.record) is closed") == 1
  }

  /// An internal comment that tells the issue what became of its case: once that it was deleted, by who did it; and not
  /// more often than somebody changed its status, that it was opened again.
  mutating func isToldOfItsCase(
    _ item: CaseTruth, _ text: String, isPublic: Bool, _ effect: SimulatedEffect
  ) -> Bool {
    guard !isPublic else { return false }
    if options.lifecycle.ofDeletedCase == .comment, let deleter = item.deleter, text.contains("was deleted in the CRM")
    {
      return maySend(effect.by, for: [deleter]) && count("\(effect.record) is told of a deletion") == 1
    }
    guard options.lifecycle.ofReopenedCase == .comment, text.contains("was opened again in the CRM") else {
      return false
    }
    let openings = item.fields["status"]?.entries.filter { $0.value != "Closed" } ?? []
    return maySend(effect.by, for: item.actors)
      && count("\(effect.record) is told of a reopening") <= openings.count
  }

  /// An internal comment that tells the case that its issue was opened again, not more often than it was.
  mutating func isToldOfReopening(_ item: CaseTruth, _ text: String, isPublic: Bool) -> Bool {
    guard !isPublic, options.lifecycle.ofReopenedIssue == .comment,
      let issue = item.issues.compactMap({ issues[$0] }).first(where: { $0.keys.contains(where: text.contains) })
    else { return false }
    let openings = issue.fields["status"]?.entries.filter { $0.value != "Done" && !$0.isOurs } ?? []
    return count("case \(item.id) is told that \(issue.id) is open") <= openings.count
  }
}
