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
  /// Where files are fetched.
  var crm: CRMSystem?
  var lifecycle: OperationLifecycle
  var hasRefreshed = false

  var token: Secret { actor.token.access }

  func perform(
    _ operation: ClaimedOperation, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async -> Settlement {
    if operation.mustLook { return await look(operation, now: now, using: &random) }
    if operation.mirror != nil, operation.mirror?.jira == nil {
      return Settlement(transition: .skip, reason: "left out: the comment is not in Jira")
    }
    var conflicts: [Conflict] = []
    var bases: [FieldKey: FieldState.Base] = [:]
    var call = operation.call
    var standing: IssueStanding?
    switch await merge(operation) {
    case .failure(let failure):
      // Only a read failed: nothing was sent.
      return settlement(.failure(failure), operation, call, now: now, using: &random)
    case .success(let merged):
      conflicts = merged.conflicts
      bases = merged.bases
      standing = merged.standing
      guard let rest = merged.call else {
        return Settlement(
          transition: merged.isOvertaken ? .skip : .done(merged.receipt), reason: merged.reason, bases: bases,
          conflicts: conflicts)
      }
      call = rest
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
    }
    settlement.bases = bases
    settlement.conflicts = conflicts
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
  private func withScreen(_ transition: IssueTransition) -> RemoteCall {
    var transition = transition
    for rule in mapping.status?.ways[transition.status]?.screen ?? []
    where !transition.screen.contains(where: { $0.key == rule.key }) {
      guard let value = rule.fixedValue, case .value(let jira, let payload) = rule.jiraValue(forCRM: value) else {
        continue
      }
      transition.screen.append(
        FieldWrite(
          key: rule.key, payload: payload, crm: value, jira: jira, isTwoWay: false, place: rule.position.description))
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

  // MARK: - Merging before writing

  struct Merged {
    /// What is left to send; nil: nothing.
    var call: RemoteCall?
    /// What is known without sending anything.
    var receipt = Receipt.nothingToDo
    var bases: [FieldKey: FieldState.Base] = [:]
    var conflicts: [Conflict] = []
    var isOvertaken = false
    var reason: String?
    /// Where the issue stands, where that was read.
    var standing: IssueStanding?
  }

  private func merge(_ operation: ClaimedOperation) async -> Result<Merged, CallFailure> {
    switch operation.call {
    case .createIssue, .addComment, .deleteComment, .addAttachment, .addRemoteLink, .writeCase, .addCaseComment,
      .editCaseComment, .deleteCaseComment:
      return .success(Merged(call: operation.call))
    case .editComment(let edit): return await merge(edit, operation)
    case .editIssue(let edit): return await merge(edit, operation)
    case .transitionIssue(let transition): return await merge(transition, operation)
    }
  }

  private func merge(_ edit: IssueEdit, _ operation: ClaimedOperation) async -> Result<Merged, CallFailure> {
    let current = edit.fields.filter { !isOvertaken($0.key, $0.crm, operation) }
    guard !current.isEmpty else {
      return .success(Merged(isOvertaken: true, reason: "left out: later events changed the same fields"))
    }
    let twoWay = current.filter(\.isTwoWay)
    guard !twoWay.isEmpty, let id = operation.link.issue?.id else {
      return .success(Merged(call: .editIssue(IssueEdit(fields: current))))
    }
    switch await jira.issue(id, fields: twoWay.map(\.key.rawValue), token: token) {
    case .failure(let failure): return .failure(failure)
    case .success(let issue):
      var merged = Merged()
      var kept: [FieldWrite] = []
      for write in current {
        if write.isTwoWay, let rule = mapping.fields.first(where: { $0.key == write.key }) {
          let now = rule.canonical(inJira: issue.fields, label: operation.label)
          let isKept = await keep(write, now: now, policy: rule.onConflict, issue: issue, operation, &merged)
          guard isKept else { continue }
        }
        kept.append(write)
      }
      if kept.isEmpty {
        merged.reason = "nothing to send: Jira has these values already, or keeps its own"
      } else {
        merged.call = .editIssue(IssueEdit(fields: kept))
      }
      return .success(merged)
    }
  }

  private func merge(
    _ transition: IssueTransition, _ operation: ClaimedOperation
  ) async -> Result<Merged, CallFailure> {
    if isOvertaken(StatusRule.key, .text(transition.crmStatus), operation) {
      return .success(Merged(isOvertaken: true, reason: "left out: a later event changed the status"))
    }
    guard transition.isTwoWay, let id = operation.link.issue?.id, let rule = mapping.status else {
      return .success(Merged(call: withScreen(transition)))
    }
    switch await jira.standing(of: id, token: token) {
    case .failure(let failure): return .failure(failure)
    case .success(let standing):
      let issue = standing.issue
      var merged = Merged(standing: standing)
      switch await isOnItsWay(issue, operation) {
      case .failure(let failure): return .failure(failure)
      case .success(true): return .success(Merged(call: withScreen(transition), standing: standing))
      case .success(false): break
      }
      let write = FieldWrite(
        key: StatusRule.key, payload: .null, crm: .text(transition.crmStatus), jira: .text(transition.status),
        isTwoWay: true, place: rule.position.description)
      let isKept = await keep(
        write, now: .text(issue.status), policy: rule.onConflict, issue: issue, operation, &merged)
      if isKept {
        merged.call = withScreen(transition)
      } else {
        merged.reason = "nothing to send: Jira keeps \(issue.status)"
      }
      return .success(merged)
    }
  }

  /// An earlier attempt took the issue half of the way: where it stands is our own doing and no change of a person's.
  private func isOnItsWay(_ issue: JiraIssue, _ operation: ClaimedOperation) async -> Result<Bool, CallFailure> {
    let base = operation.link.fields[StatusRule.key]?.base?.jira
    guard operation.attempt > 1, let base, base != .text(issue.status) else { return .success(false) }
    return await jira.changelogs(of: [issue.id], fields: [StatusRule.key], token: token).map { entries in
      // Oldest first; of two in one millisecond the later one counts.
      let last = entries.reduce(entries.first) { newest, entry in
        (newest?.created?.milliseconds ?? 0) <= (entry.created?.milliseconds ?? 0) ? entry : newest
      }
      return last?.receipt == receipt(operation)
    }
  }

  /// A later event changed the field, or a run wrote Jira's value over it: what this carries is no longer so in the
  /// CRM.
  private func isOvertaken(_ key: FieldKey, _ value: FieldValue, _ operation: ClaimedOperation) -> Bool {
    if operation.overtaken.contains(key) { return true }
    return operation.link.fields[key]?.seenCRM.map { $0 != value } ?? false
  }

  /// The side that changed a field last, where its policy asks for that: by the changelog, since an issue's `updated`
  /// moves with every comment.
  private func newest(
    _ key: FieldKey, issue: JiraIssue, _ operation: ClaimedOperation
  ) async -> Side? {
    let changed: Timestamp?
    switch await jira.changelogs(of: [issue.id], fields: [key], token: token) {
    case .failure: changed = issue.updated
    case .success(let entries):
      changed = entries.filter { entry in entry.items.contains { $0.field == key } }.compactMap(\.created).max()
    }
    return changed.map { $0 > operation.occurredAt ?? operation.createdAt ? .jira : .crm }
  }

  /// Whether a two-way field is still to be written, now that Jira's value is known.
  private func keep(
    _ write: FieldWrite, now: FieldValue, policy: ConflictPolicy, issue: JiraIssue, _ operation: ClaimedOperation,
    _ merged: inout Merged
  ) async -> Bool {
    let base = operation.link.fields[write.key]?.base
    var decision = ThreeWayMerge().decide(
      base: base, crm: write.crm, crmInJira: write.jira, jira: now, policy: policy, newest: nil)
    if policy == .newest, case .conflict = decision {
      decision = .conflict(winner: await newest(write.key, issue: issue, operation) ?? .crm)
    }
    switch decision {
    case .writeJira:
      if base == nil, now != .empty {
        // Never agreed on: the CRM's change goes over, and what stood in Jira is kept.
        merged.conflicts.append(Conflict(field: write.key, winner: .crm, crm: write.crm, jira: now))
      }
      return true
    case .agree:
      merged.bases[write.key] = FieldState.Base(crm: write.crm, jira: now)
      return false
    case .writeCRM: return false
    case .conflict(winner: .crm):
      merged.conflicts.append(Conflict(field: write.key, winner: .crm, crm: write.crm, jira: now))
      return true
    case .conflict(winner: .jira):
      merged.conflicts.append(Conflict(field: write.key, winner: .jira, crm: write.crm, jira: now))
      // The CRM's change is accounted for; Jira still differs from the base, so the next run writes it to the CRM.
      if let base { merged.bases[write.key] = FieldState.Base(crm: write.crm, jira: base.jira) }
      return false
    case .ask:
      merged.conflicts.append(Conflict(field: write.key, winner: nil, crm: write.crm, jira: now))
      return false
    }
  }
}

extension Settlement {
  /// The hold is for a scope that the grant lacks: the same person ends it, for another reason.
  mutating func lackScope(_ operation: ClaimedOperation) {
    reason = OperationWords.scopeMissing(operation.actor)
    cause?.reason = .scope
  }
}
