import CRMClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// One attempt at one operation in the CRM: look where the last answer was lost, hold the case against what is to be
/// replaced, send, and say what follows.
struct CRMPerformance: Sendable {
  var crm: CRMSystem
  var mapping: Mapping
  var lifecycle: OperationLifecycle
  /// Notes the digest of what an edit will leave in the CRM, before it is sent: should the process die then, or the echo
  /// come before the answer, nobody else knows it for ours. False: the attempt is not the operation's any more.
  var note: @Sendable (String) async throws -> Bool
  /// Nil: the service user has no grant that could be used.
  var files: Files?

  func perform(
    _ operation: ClaimedOperation, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async throws -> Settlement {
    switch operation.call {
    case .addCaseComment(let comment) where operation.mustLook:
      return await look(for: comment, operation, now: now, using: &random)
    case .addCaseAttachment(let attachment):
      return operation.mustLook
        ? await look(for: attachment, operation, now: now, using: &random)
        : await stream(attachment, operation, now: now, using: &random)
    case .writeCase(let edit) where !edit.assumed.isEmpty:
      return await write(edit, operation, now: now, using: &random)
    case .editCaseComment(let edit) where edit.replaces != nil && crm.canListComments:
      return try await change(edit, operation, now: now, using: &random)
    case .askCase(let question): return await ask(question, operation, now: now, using: &random)
    case .writeCase, .addCaseComment, .editCaseComment, .deleteCaseComment, .createIssue, .editIssue,
      .transitionIssue, .addComment, .editComment, .deleteComment, .addAttachment, .addRemoteLink, .deleteIssue:
      return await send(operation.call, operation, now: now, using: &random)
    }
  }

  private func look(
    for comment: CaseCommentAddition, _ operation: ClaimedOperation, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) async -> Settlement {
    switch await crm.findComment(marker: comment.marker, case: operation.caseID) {
    case .failure(let failure): return lookFailed(failure, "comment", operation, now: now, using: &random)
    case .success(let found):
      let next = lifecycle.next(
        afterLooking: found.map { .caseCommented($0) }, firstSent: operation.sentAt ?? now, patience: .seconds(5),
        attempt: operation.tries, now: now, using: &random)
      return Settlement(looked: next, operation: operation, now: now)
    }
  }

  func lookFailed(
    _ failure: CallFailure, _ what: String, _ operation: ClaimedOperation, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) -> Settlement {
    let transition = lifecycle.next(
      operation.call, afterFailedLook: failure, attempt: operation.tries, hasRefreshed: true, now: now, using: &random)
    return Settlement(
      transition: transition, reason: "it is not known whether the \(what) arrived; looking failed: \(failure)",
      cause: transition == .bury ? Cause(failure, of: operation.call, place: nil) : nil)
  }

  /// Writes the fields of which the case still holds what the run found; whatever somebody changed since is left to the
  /// next run, which finds both sides as they are.
  private func write(
    _ edit: CaseEdit, _ operation: ClaimedOperation, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async -> Settlement {
    let reading: CaseReading?
    switch await crm.reading(of: operation.caseID, mapping) {
    case .success(let read): reading = read
    // The write itself says so.
    case .failure(.notFound), .failure(.gone): reading = nil
    case .failure(let failure):
      return settlement(.failure(failure), operation.call, operation, now: now, using: &random)
    }
    let rest = edit.remainder(now: { reading?.value(of: $0) }, fields: operation.link.fields)
    var settlement: Settlement
    if rest.isEmpty {
      settlement = Settlement(
        transition: rest.agreed.isEmpty ? .skip : .done(.nothingToDo),
        reason: rest.agreed.isEmpty
          ? "left to the next run: the case or the issue was changed meanwhile" : "the case holds these values already")
    } else {
      settlement = await send(.writeCase(rest.edit), operation, now: now, using: &random)
    }
    settlement.bases.merge(rest.agreed) { sent, _ in sent }
    settlement.leavesToNextRun = !rest.moved.isEmpty
    return settlement
  }

  func send(
    _ call: RemoteCall, _ operation: ClaimedOperation, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async -> Settlement {
    let outcome = await crm.perform(call, case: operation.caseID, comment: operation.mirror?.crm)
    return settlement(outcome, call, operation, now: now, using: &random)
  }

  func settlement(
    _ outcome: CallOutcome, _ call: RemoteCall, _ operation: ClaimedOperation, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) -> Settlement {
    let transition = lifecycle.next(
      call, after: outcome, attempt: operation.tries, hasRefreshed: true, now: now, using: &random)
    let places = CallPlaces(mapping, for: call)
    var settlement = Settlement(
      transition: transition,
      reason: OperationWords.outcome(outcome, of: call, transition: transition, places: places))
    switch outcome {
    case .success:
      settlement.bases = call.agreedBases
      settlement.written = call.twoWayFields
    case .failure(.unauthorised): settlement.reason = "waits: the CRM refuses the API user's credentials"
    case .failure(let failure):
      if transition == .bury { settlement.cause = Cause(failure, of: call, place: places.place) }
    }
    return settlement
  }
}
