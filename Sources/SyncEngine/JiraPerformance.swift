import CRMClient
import JSON
import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// One attempt at one operation in Jira, with a person's token in hand: look where the last answer was lost, merge
/// where both sides may have moved, send, and say what follows.
struct JiraPerformance: Sendable {
  var jira: JiraSystem
  var mapping: Mapping
  var site: JiraSite
  var actor: Acting.Actor
  /// Where files are fetched, and where the case is asked what it holds.
  var crm: CRMSystem?
  var lifecycle: OperationLifecycle
  /// Keeps the values that are about to be replaced, before they are: should the process die then, nobody else knows them.
  var keepLost: @Sendable ([Conflict]) async throws -> Void
  var hasRefreshed = false

  var token: Secret { actor.token.access }

  func perform(
    _ operation: ClaimedOperation, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async throws -> Settlement {
    if operation.mustLook { return await look(operation, now: now, using: &random) }
    if operation.mirror != nil, operation.mirror?.jira == nil {
      let isNew = operation.call.kind == .addComment
      return Settlement(
        transition: .skip,
        reason: isNew ? "left out: the comment was deleted in the CRM" : "left out: the comment is not in Jira")
    }
    if operation.mirror?.isOvertaken == true {
      return Settlement(transition: .skip, reason: "left out: a later change of the comment is in Jira already")
    }
    var conflicts: [Conflict] = []
    var bases: [FieldKey: FieldState.Base] = [:]
    var seen: [FieldKey: FieldValue] = [:]
    var before: [FieldKey: FieldValue] = [:]
    var call = operation.call
    var standing: IssueStanding?
    switch await merge(operation, now: now) {
    case .failure(let failure):
      // Only a read failed: nothing was sent.
      return settlement(.failure(failure), operation, call, now: now, using: &random)
    case .success(let merged):
      conflicts = merged.conflicts
      bases = merged.bases
      standing = merged.standing
      if let time = merged.waitsUntil {
        return Settlement(
          transition: .tryAgain(at: time),
          reason: "waits a moment: the case held this before our last write, too, and newer events may be on their way")
      }
      seen = merged.seen
      before = merged.before
      guard let rest = merged.call else {
        var settlement = Settlement(
          transition: merged.isOvertaken ? .skip : .done(merged.receipt), reason: merged.reason, bases: bases,
          conflicts: conflicts)
        settlement.seen = seen
        return settlement
      }
      call = rest
      if !conflicts.isEmpty { try await keepLost(conflicts) }
    }
    let spoken = spoken(call).keeping(label: operation.label)
    let outcome: CallOutcome
    if case .addAttachment(let attachment) = spoken {
      outcome = await stream(attachment, operation, using: &random)
    } else {
      outcome = await jira.perform(
        spoken, issue: operation.link.issue?.id, token: token,
        knowing: JiraSystem.Circumstances(
          receipt: receipt(operation), walk: walk(spoken), standing: standing, comment: operation.mirror?.jira))
    }
    var settlement = settlement(outcome, operation, call, now: now, using: &random)
    if case .success = outcome {
      bases.merge(agreed(call, as: spoken)) { _, new in new }
      settlement.written = call.twoWayFields
      settlement.jiraBefore = before
      settlement.lead = spoken.lead
    }
    settlement.bases = bases
    settlement.conflicts = conflicts
    settlement.seen = seen
    return settlement
  }

  func receipt(_ operation: ClaimedOperation) -> ChangeReceipt {
    ChangeReceipt(connection: operation.connection, operation: operation.id)
  }

  /// The way as the mapping has it now: whoever mends it and tries again is heard.
  private func walk(_ call: RemoteCall) -> StatusWalk? {
    guard case .transitionIssue(let transition) = call else { return nil }
    return StatusWalk(to: transition, mapping.status)
  }

  /// The call with the fixed values that the mapping has for screens by now.
  func withScreen(_ transition: IssueTransition) -> RemoteCall {
    var transition = transition
    for rule in mapping.status?.ways[transition.status]?.screen ?? []
    where !transition.screen.contains(where: { $0.key == rule.key }) {
      guard let value = rule.fixedValue, case .value(let jira, let payload) = rule.jiraValue(forCRM: value) else {
        continue
      }
      transition.screen.append(
        FieldWrite(
          key: rule.key, payload: payload, crm: value, jira: jira, isTwoWay: false, place: rule.place))
    }
    return .transitionIssue(transition)
  }

  func spoken(_ call: RemoteCall) -> RemoteCall { actor.standsInFor.map { call.spoken(for: $0) } ?? call }

  /// What both sides agree on: where the service user's line was added to a text, Jira's side of it has that line.
  func agreed(_ call: RemoteCall, as spoken: RemoteCall) -> [FieldKey: FieldState.Base] {
    var bases = call.agreedBases
    guard case .createIssue(let creation) = spoken, spoken != call else { return bases }
    for write in creation.fields {
      guard let rule = mapping.fields.first(where: { $0.key == write.key }) else { continue }
      bases[write.key, default: FieldState.Base(crm: write.crm, jira: write.jira)].jira =
        rule.canonical(ofJira: write.payload)
    }
    return bases
  }

  func hold(_ operation: ClaimedOperation, _ reason: OperationLifecycle.HoldReason, now: Timestamp) -> Settlement {
    Acting.hold(operation, reason, rule: mapping.missingGrant)
  }

  func settlement(
    _ outcome: CallOutcome, _ operation: ClaimedOperation, _ call: RemoteCall, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) -> Settlement {
    let transition = lifecycle.next(
      call, after: outcome, attempt: operation.tries, hasRefreshed: hasRefreshed, now: now, using: &random)
    let places = CallPlaces(mapping, for: call)
    var settlement = Settlement(
      transition: transition,
      reason: OperationWords.outcome(outcome, of: call, transition: transition, places: places))
    settlement.isTold = !outcome.passesInAMoment
    switch transition {
    case .hold(let reason):
      settlement = hold(operation, reason, now: now)
      if outcome == .failure(.scopeMissing) { settlement.lackScope(operation) }
    case .leaveBehind(let refused):
      settlement.remainder = call.leaving(Set(refused.keys))
      settlement.leftBehind = refused.keys.sorted().compactMap { key in
        call.only(key).map { alone in
          let failure = CallFailure.rejected("", fields: [key.rawValue: refused[key] ?? ""])
          return PlannedOperation(
            call: alone, actor: operation.actor,
            problem: OperationWords.refused([key: refused[key] ?? ""], by: call, places),
            cause: Cause(failure, of: alone, place: nil))
        }
      }
    case .bury:
      if case .failure(let failure) = outcome { settlement.cause = Cause(failure, of: call, place: places.place) }
    case .done, .tryAgain, .refreshGrant, .pace, .verify, .skip, .handBack, .sendAgain: break
    }
    return settlement
  }
}

extension CallOutcome {
  /// Only our own account asks to wait, and for seconds: too little for a story.
  fileprivate var passesInAMoment: Bool {
    guard case .failure(.rateLimited(let limit)) = self else { return false }
    return limit.source == .ours && (limit.level == .issue || limit.level == .endpoint)
  }
}

extension Settlement {
  /// The hold is for a scope that the grant lacks: the same person ends it, for another reason.
  mutating func lackScope(_ operation: ClaimedOperation) {
    reason = OperationWords.scopeMissing(operation.actor)
    cause?.reason = .scope
  }
}
