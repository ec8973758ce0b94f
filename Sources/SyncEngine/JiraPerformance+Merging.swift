import CRMClient
import JSON
import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// Merging before writing: what the case and the issue hold at that moment decides, whatever they held when the event
/// was planned.
extension JiraPerformance {
  struct Merged {
    /// What is left to send; nil: nothing.
    var call: RemoteCall?
    /// What is known without sending anything.
    var receipt = Receipt.nothingToDo
    var bases: [FieldKey: FieldState.Base] = [:]
    var conflicts: [Conflict] = []
    var isOvertaken = false
    /// What the case holds, where its event had shown something else.
    var seen: [FieldKey: FieldValue] = [:]
    var reason: String?
    /// What Jira holds in the two-way fields that are to be written.
    var before: [FieldKey: FieldValue] = [:]
    /// It is not known yet whose change it is; asked again then.
    var waitsUntil: Timestamp?
    /// Where the issue stands, where that was read.
    var standing: IssueStanding?
  }

  func merge(_ operation: ClaimedOperation, now: Timestamp) async -> Result<Merged, CallFailure> {
    switch operation.call {
    case .createIssue, .addComment, .deleteComment, .addAttachment, .addRemoteLink, .deleteIssue, .writeCase,
      .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
      return .success(Merged(call: operation.call))
    case .editComment(let edit): return await merge(edit, operation)
    case .editIssue(let edit): return await merge(edit, operation, now: now)
    case .transitionIssue(let transition): return await merge(transition, operation, now: now)
    }
  }

  private func merge(
    _ edit: IssueEdit, _ operation: ClaimedOperation, now: Timestamp
  ) async -> Result<Merged, CallFailure> {
    var merged = Merged()
    var current = edit.fields.filter { !isOvertaken($0.key, $0.crm, operation, &merged) }
    guard !current.isEmpty else {
      merged.isOvertaken = true
      merged.reason = "left out: later events changed the same fields"
      return .success(merged)
    }
    switch await stillSo(current.filter(\.isTwoWay), operation, now: now, &merged) {
    case .failure(let failure): return .failure(failure)
    case .success(let gone): current.removeAll { gone.contains($0.key) }
    }
    if merged.waitsUntil != nil { return .success(merged) }
    guard !current.isEmpty else {
      merged.isOvertaken = true
      merged.reason = Self.heldNoMore
      return .success(merged)
    }
    let twoWay = current.filter(\.isTwoWay)
    guard !twoWay.isEmpty, let id = operation.link.issue?.id else {
      merged.call = .editIssue(IssueEdit(fields: current))
      return .success(merged)
    }
    switch await jira.issue(id, fields: twoWay.map(\.key.rawValue), token: token) {
    case .failure(let failure): return .failure(failure)
    case .success(let issue):
      var kept: [FieldWrite] = []
      for var write in current {
        if write.isTwoWay, let rule = mapping.fields.first(where: { $0.key == write.key }) {
          let now = rule.canonical(inJira: issue.fields, label: operation.label)
          write = write.patched(
            by: rule, into: issue.fields[write.key.rawValue], now: now,
            base: operation.link.fields[write.key]?.base)
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
    _ transition: IssueTransition, _ operation: ClaimedOperation, now: Timestamp
  ) async -> Result<Merged, CallFailure> {
    var merged = Merged()
    if isOvertaken(StatusRule.key, .text(transition.crmStatus), operation, &merged) {
      merged.isOvertaken = true
      merged.reason = "left out: a later event changed the status"
      return .success(merged)
    }
    guard transition.isTwoWay, let id = operation.link.issue?.id, let rule = mapping.status else {
      return .success(Merged(call: withScreen(transition)))
    }
    let write = FieldWrite(
      key: StatusRule.key, payload: .null, crm: .text(transition.crmStatus), jira: .text(transition.status),
      isTwoWay: true, place: rule.position.description)
    switch await stillSo([write], operation, now: now, &merged) {
    case .failure(let failure): return .failure(failure)
    case .success where merged.waitsUntil != nil: return .success(merged)
    case .success([]): break
    case .success:
      merged.isOvertaken = true
      merged.reason = Self.heldNoMore
      return .success(merged)
    }
    switch await jira.standing(of: id, token: token) {
    case .failure(let failure): return .failure(failure)
    case .success(let standing):
      let issue = standing.issue
      merged.standing = standing
      switch await isOnItsWay(issue, operation) {
      case .failure(let failure): return .failure(failure)
      case .success(true): return .success(Merged(call: withScreen(transition), standing: standing))
      case .success(false): break
      }
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
  /// CRM. What our own write replaced is kept as the value that lost.
  private func isOvertaken(
    _ key: FieldKey, _ value: FieldValue, _ operation: ClaimedOperation, _ merged: inout Merged
  ) -> Bool {
    let link = operation.link
    let seen = link.fields[key]?.seenCRM
    if let field = link.fields[key], let seen, link.fate(of: key, value, now: seen) == .overwritten {
      merged.conflicts.append(field.lost(value, of: key))
    }
    return operation.overtaken.contains(key) || seen.map { $0 != value } ?? false
  }

  private static let heldNoMore = "left out: the case holds other values by now"

  /// Asks the case, where an event may be older than a write of ours, whether it holds still what the event showed.
  ///
  /// - Returns: the fields of which it holds something else.
  private func stillSo(
    _ writes: [FieldWrite], _ operation: ClaimedOperation, now time: Timestamp, _ merged: inout Merged
  ) async -> Result<Set<FieldKey>, CallFailure> {
    let link = operation.link
    let doubtful = writes.filter { link.isWrittenByUs($0.key) }
    guard !doubtful.isEmpty, let crm else { return .success([]) }
    let reading: CaseReading
    switch await crm.reading(of: operation.caseID, mapping) {
    case .success(let read?): reading = read
    case .success(nil): return .success([])
    // A case that is gone holds nothing any more.
    case .failure(.notFound), .failure(.gone): return .success(Set(doubtful.map(\.key)))
    case .failure(let failure): return .failure(failure)
    }
    var gone: Set<FieldKey> = []
    for write in doubtful {
      guard let now = reading.value(of: write.key), let field = link.fields[write.key] else { continue }
      switch link.fate(of: write.key, write.crm, now: now) {
      case .stands where write.crm == field.replaced && time < operation.createdAt + LinkState.echoTime:
        merged.waitsUntil = operation.createdAt + LinkState.echoTime
        continue
      case .stands: continue
      case .changedAgain: break
      case .replaced: merged.seen[write.key] = now
      case .overwritten:
        merged.seen[write.key] = now
        merged.conflicts.append(field.lost(write.crm, of: write.key))
      }
      gone.insert(write.key)
    }
    return .success(gone)
  }

  /// The side that changed a field last, where its policy asks for that: by the changelog, since an issue's `updated`
  /// moves with every comment.
  private func newest(
    _ write: FieldWrite, issue: JiraIssue, _ operation: ClaimedOperation
  ) async -> Side? {
    let key = write.key
    let changed: Timestamp?
    switch await jira.changelogs(of: [issue.id], fields: [key], token: token) {
    case .failure: changed = issue.updated
    case .success(let entries):
      changed = entries.filter { entry in entry.items.contains { $0.field == key } }.compactMap(\.created).max()
    }
    return changed.map { $0 > write.changedAt ?? operation.occurredAt ?? operation.createdAt ? .jira : .crm }
  }

  /// Whether a two-way field is still to be written, now that Jira's value is known.
  private func keep(
    _ write: FieldWrite, now: FieldValue, policy: ConflictPolicy, issue: JiraIssue, _ operation: ClaimedOperation,
    _ merged: inout Merged
  ) async -> Bool {
    // What an earlier write of ours left there, of which nobody knows yet that it happened, is the last agreement.
    let ours = operation.link.perhapsInJira[write.key]?.last { $0.jira == now }
    let base = ours ?? operation.link.fields[write.key]?.base
    var decision = ThreeWayMerge().decide(
      base: base, crm: write.crm, crmInJira: write.jira, jira: now, policy: policy, newest: nil)
    if policy == .newest, case .conflict = decision {
      decision = .conflict(winner: await newest(write, issue: issue, operation) ?? .crm)
    }
    switch decision {
    case .writeJira:
      merged.before[write.key] = now
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
      merged.before[write.key] = now
      merged.conflicts.append(Conflict(field: write.key, winner: .crm, crm: write.crm, jira: now))
      return true
    case .conflict(winner: .jira):
      merged.conflicts.append(Conflict(field: write.key, winner: .jira, crm: write.crm, jira: now))
      // The CRM's change is accounted for: whatever Jira holds instead of it when the next run looks goes to the CRM.
      // A status that the issue never had must not be taken for one that it left again; and none is empty.
      let agreed = write.key == StatusRule.key ? FieldValue.empty : write.jira
      merged.bases[write.key] = FieldState.Base(crm: write.crm, jira: agreed)
      return false
    case .ask:
      merged.conflicts.append(Conflict(field: write.key, winner: nil, crm: write.crm, jira: now))
      return false
    }
  }
}
