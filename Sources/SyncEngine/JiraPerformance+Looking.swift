import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// Looking before repeating: what becomes of an operation whose answer was lost.
extension JiraPerformance {
  func look(
    _ operation: ClaimedOperation, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async -> Settlement {
    let found: Result<Receipt?, CallFailure>
    let patience: Duration
    switch operation.call {
    case .createIssue(let creation):
      patience = site.searchPatience
      found = await jira.issue(label: creation.label, token: token).map { issues in
        issues.min { ($0.id.rawValue.utf8.count, $0.id) < ($1.id.rawValue.utf8.count, $1.id) }
          .map { .issueCreated(id: $0.id, key: $0.key) }
      }
    case .addComment(let comment):
      patience = site.commentPatience
      found = await findComment(comment.marker, on: operation.link.issue?.id)
    case .addAttachment(let attachment):
      patience = site.commentPatience
      found = await find(attachment, operation)
    case .editIssue, .transitionIssue: return await lookForChange(operation, now: now, using: &random)
    case .editComment, .deleteComment, .addRemoteLink, .deleteIssue, .writeCase, .addCaseComment,
      .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
      return Settlement(transition: .sendAgain)
    }
    switch found {
    case .failure(let failure): return lookFailed(failure, operation, now: now, using: &random)
    case .success(let receipt):
      let next = lifecycle.next(
        afterLooking: receipt, firstSent: operation.sentAt ?? now, patience: patience, attempt: operation.tries,
        now: now, using: &random)
      var settlement = Settlement(looked: next, operation: operation, now: now)
      if receipt != nil {
        settlement.bases = agreed(operation.call, as: spoken(operation.call))
        // Who sent it may have been another than who looks; a line that is not there is taken off nowhere.
        settlement.lead = operation.call.spoken(for: Acting.name(of: operation.actor)).lead
      }
      return settlement
    }
  }

  private func lookFailed(
    _ failure: CallFailure, _ operation: ClaimedOperation, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) -> Settlement {
    let transition = lifecycle.next(
      operation.call, afterFailedLook: failure, attempt: operation.tries, hasRefreshed: hasRefreshed, now: now,
      using: &random)
    if case .hold(let reason) = transition {
      var held = hold(operation, reason, now: now)
      if failure == .scopeMissing { held.lackScope(operation) }
      return held
    }
    return Settlement(
      transition: transition, reason: "it is not known whether Jira did it; looking failed: \(failure)",
      cause: transition == .bury ? Cause(failure, of: operation.call, place: nil) : nil)
  }

  /// Looks in the changelog for the receipt that the request carried. The value alone does not tell: a person may have
  /// put it back since, and that is theirs to decide.
  private func lookForChange(
    _ operation: ClaimedOperation, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async -> Settlement {
    let fields = operation.call.lookedForIn
    let twoWay = operation.call.twoWayFields
    guard !fields.isEmpty, let id = operation.link.issue?.id else { return Settlement(transition: .sendAgain) }
    switch await jira.changelogs(of: [id], fields: fields.sorted(), token: token) {
    case .failure(let failure): return lookFailed(failure, operation, now: now, using: &random)
    case .success(let entries):
      let own = entries.filter { $0.receipt == receipt(operation) }.flatMap(\.items)
      let done: Receipt?
      if case .transitionIssue(let change) = operation.call {
        done = own.contains { $0.toText?.lowercased() == change.status.lowercased() } ? .transitioned : nil
      } else {
        done = own.isEmpty ? nil : .issueEdited
      }
      guard let done else { return Settlement(looked: .repeat, operation: operation, now: now) }
      var settlement = Settlement(looked: .done(done), operation: operation, now: now)
      settlement.written = Set(own.map(\.field)).intersection(twoWay)
      settlement.bases = agreed(operation.call, as: spoken(operation.call)).filter { field, _ in
        !twoWay.contains(field) || settlement.written.contains(field)
      }
      guard !twoWay.isEmpty else { return settlement }
      // Of what the lost attempt had found in Jira nobody knows any more; what was agreed on stands for it.
      let before = twoWay.map { ($0, operation.link.fields[$0]?.base?.jira ?? .empty) }
      settlement.conflicts = JiraWrite(
        operation: operation.id, agreed: operation.call.agreedBases,
        before: Dictionary(uniqueKeysWithValues: before)
      ).lost(in: own)
      let rest = twoWay.subtracting(settlement.written)
      if case .editIssue(let edit) = operation.call, !rest.isEmpty {
        // Jira held these already, or kept its own: what the attempt found about them is lost with it.
        settlement.transition = .leaveBehind([:])
        settlement.remainder = .editIssue(IssueEdit(fields: edit.fields.filter { rest.contains($0.key) }))
      }
      return settlement
    }
  }

  private func findComment(_ marker: String, on issue: IssueID?) async -> Result<Receipt?, CallFailure> {
    guard let issue else { return .success(nil) }
    switch await jira.comments(of: issue, token: token) {
    case .failure(let failure): return .failure(failure)
    case .success(let comments) where comments.isEmpty: return .success(nil)
    case .success(let comments):
      return await jira.commentMarkers(comments.map(\.id), of: issue, token: token).map { markers in
        markers.first { $0.value == marker }.map { .commented($0.key, text: nil) }
      }
    }
  }
}
