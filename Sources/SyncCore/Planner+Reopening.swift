import MappingLanguage
import SyncModel

/// What an event says of a closed case's being open again.
enum Opening: Hashable {
  /// Nothing that the status map does not say.
  case none
  case again(ReopeningRule.OfCase)
  /// The event may be older than the write by which we closed the case, which has to be asked first.
  case inDoubt
  /// The event may be that of our own write, and have overtaken the one of who opened the case; it waits, at most so long.
  case overtaken(until: Timestamp)
  /// The case was open once, and is not by now; with what somebody had entered then, unseen by anybody.
  case over(Conflict?)
}

/// What events lead to that show a closed case open.
extension Planner {
  func opening(_ input: Input) -> Opening {
    guard let rule = reopening(input), let link = input.link else { return .none }
    // A snapshot shows what others did before, and nobody's new issue is made by the API user for it.
    if rule == .newIssue, let end = input.waitsAtMost { return .overtaken(until: end) }
    let key = StatusRule.key
    let leadsToAnything = rule == .newIssue || rule == .comment && mapping.reopening.isClosed(link.fields[key]?.seenCRM)
    guard leadsToAnything, link.isWrittenByUs(key), input.inquiry.isPossible else { return .again(rule) }
    guard let answer = input.inquiry.answer else { return .inDoubt }
    guard let now = answer.status else { return .again(rule) }
    let isOpen = !now.isEmpty && !mapping.reopening.isClosed(now)
    if isOpen, !input.inquiry.isClosedLater { return .again(rule) }
    let isLost = link.fate(of: key, input.reading.status, now: now) == .overwritten
    return .over(isLost ? link.fields[key]?.lost(input.reading.status, of: key) : nil)
  }

  /// What the mapping says of a closed case that the event shows open, where that is not what the status map says of it;
  /// nil: the status map decides.
  private func reopening(_ input: Input) -> ReopeningRule.OfCase? {
    let rule = mapping.reopening
    guard rule.ofCase != .follow, mapping.status?.direction.writesJira == true, let link = input.link,
      link.issue != nil, !isOlder(input.event, link), !input.reading.status.isEmpty,
      !rule.isClosed(input.reading.status)
    else { return nil }
    // The issue was opened again, and what we wrote to the case for it comes back.
    if link.sentToCRM[StatusRule.key]?.crm == input.reading.status { return nil }
    let field = link.fields[StatusRule.key]
    // Where Jira's change won, the case's own never reached the issue.
    let hasReached = field?.base?.jira.isEmpty == false
    let isIssueClosed = hasReached && !link.unsettled.contains(StatusRule.key) && rule.isClosed(field?.base?.crm)
    switch rule.ofCase {
    case .follow: return nil
    case .newIssue: return isIssueClosed ? .newIssue : nil
    case .comment, .ignore: return isIssueClosed || rule.isClosed(field?.seenCRM) ? rule.ofCase : nil
    }
  }

  func isOlder(_ event: CaseEvent, _ link: LinkState) -> Bool {
    guard let seenAt = link.seenAt, let occurredAt = event.occurredAt else { return false }
    return occurredAt < seenAt
  }

  /// Nothing is decided yet.
  func asking(_ input: Input) -> Plan {
    var plan = Plan(operations: [
      PlannedOperation(call: .askCase(CaseQuestion(status: input.reading.status)), actor: nil)
    ])
    plan.awaitsAnswer = true
    return plan
  }

  /// For how long the webhook of our own write waits, from its arrival, for one that it may have overtaken. CRMs that send
  /// a webhook again after it failed do so within minutes.
  package static let overtakingTime: Duration = .seconds(900)

  /// The case is open, and its issue stays closed.
  func leaveClosed(_ rule: ReopeningRule.OfCase, _ input: Input, _ link: LinkState, _ plan: inout Plan) {
    // Only the event that opens it says so; later ones find it open.
    guard mapping.reopening.isClosed(link.fields[StatusRule.key]?.seenCRM) else { return }
    let key = link.issue?.key.rawValue ?? "the issue"
    switch rule {
    case .follow, .newIssue: break
    case .ignore: plan.notes.append("the case was opened again; \(key) stays closed, as the mapping says")
    case .comment:
      plan.notes.append("the case was opened again; \(key) stays closed and is told, as the mapping says")
      let text = "The case \(input.event.caseID) was opened again in the CRM: \(input.reading.status.display)"
      plan.operations.append(
        PlannedOperation(call: .addComment(sentence(text, "reopened", input)), actor: input.event.actor))
    }
  }

  /// The status that the event shows is no change, whatever else it brings.
  func leaveStatus(_ lost: Conflict?, _ plan: inout Plan) {
    plan.seen?[StatusRule.key] = nil
    plan.conflicts += [lost].compactMap { $0 }
    plan.notes.append("the case is closed by now, so it does not count as opened again")
  }

  /// The closed issue stays behind, and the new one takes its place.
  func letGo(_ input: Input, _ plan: inout Plan) {
    plan.letsGo = true
    let key = input.link?.issue?.key.rawValue ?? "its issue"
    plan.notes.insert("the case was opened again; \(key) stays closed, and the case gets a new issue", at: 0)
  }
}
