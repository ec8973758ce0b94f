import JSON
import MappingLanguage
import RichText
import SyncModel

/// What events lead to when a case is deleted, and when another route would take it by now.
extension Planner {
  /// Why an event leads to nothing, where the case and its issue are linked no more; nil: it may lead to something.
  func obstacle(_ input: Input) -> String? {
    let hasNoIssue = input.link?.standing.awaitsIssue ?? true
    if hasNoIssue, let comment = input.event.comment, EchoGuard.jiraComment(in: comment.body) != nil {
      return "our own comment on the case is no reason to make an issue"
    }
    guard let link = input.link else { return nil }
    switch link.standing {
    case .linked, .caseDeleted, .outOfReach: return nil
    case .vacant:
      let isNews = !isOlder(input.event, link) && goesBeyond(link, input.reading)
      guard input.event.kind == .updated, !isNews else { return nil }
      return "nothing changed that Jira needs to know, so the case gets no new issue yet"
    case .ended:
      return "the case is linked to \(link.issue?.key.rawValue ?? "its issue") no more, so nothing goes to Jira"
    case .neverLinked:
      guard let since = link.standingSince, let time = input.event.occurredAt, time <= since else { return nil }
      return "the case was deleted after this, before it had an issue, so nothing goes to Jira"
    }
  }

  /// Whether an event that leads to anything leads to an issue: not where one is there, and not by what the case was like
  /// before it was last seen.
  func makesIssue(_ input: Input) -> Bool {
    guard let link = input.link else { return true }
    return link.standing.awaitsIssue && !(link.standing == .vacant && isOlder(input.event, link))
  }

  /// Whether a case shows anything that was not seen of it before, be it written by us.
  private func goesBeyond(_ link: LinkState, _ reading: CaseReading) -> Bool {
    seen(reading).contains { key, value in link.fields[key]?.seenCRM != value }
  }

  // MARK: - Deletion

  /// The event deleted the case: what the mapping says becomes of the issue, by who deleted it.
  func deletion(_ input: Input) -> Plan {
    guard let link = input.link else { return Plan(notes: ["the case was deleted in the CRM, and has no issue"]) }
    switch link.standing {
    case .ended, .vacant, .neverLinked:
      return Plan(notes: ["the case was deleted in the CRM, and has no issue any more"])
    case .linked, .caseDeleted, .outOfReach: break
    }
    var plan = Plan()
    plan.standing = .caseDeleted
    let rule = mapping.deletion
    let call: RemoteCall
    switch rule.ofCase {
    case .keep:
      plan.notes = ["the case was deleted in the CRM; the issue is left as it is"]
      return plan
    case .comment:
      call = .addComment(sentence("The case \(input.event.caseID) was deleted in the CRM.", "deleted", input))
    case .close:
      // The case has no status any more: should it come back, whatever it has then goes to the issue.
      let none = FieldValue.text("")
      plan.seen = [StatusRule.key: none]
      call = .transitionIssue(
        IssueTransition(
          status: rule.status ?? "", resolution: rule.resolution, crmStatus: "", isTwoWay: false,
          place: rule.position?.description ?? ""))
    case .delete: call = .deleteIssue(IssueDeletion(place: rule.position?.description ?? ""))
    }
    plan.operations = [PlannedOperation(call: call, actor: input.event.actor)]
    return plan
  }

  /// A sentence of ours on the issue, which customers do not see. It is the person's, since they did what it says.
  func sentence(_ text: String, _ what: String, _ input: Input) -> CommentAddition {
    let time = (input.event.occurredAt?.milliseconds).map(String.init) ?? "once"
    let id = CommentID("\(what)-\(time)")
    return CommentAddition(
      crmComment: id, body: RichTextConversion.adf(fromPlain: text), isInternal: true,
      marker: EchoGuard.marker(connection: input.connection, case: input.event.caseID, comment: id))
  }

  // MARK: - Still where it belongs

  /// What an event that is not too old says of how the case and its issue stand.
  func standing(_ input: Input, _ link: LinkState, _ plan: inout Plan) {
    if link.standing == .caseDeleted {
      let isAfter = link.standingSince.flatMap { since in input.event.occurredAt.map { $0 > since } } ?? true
      if isAfter {
        plan.standing = .linked
        plan.notes.append("the case was deleted, and is there again")
      }
    }
    let stray = stray(input.reading.route, link)
    guard stray != link.stray else { return }
    let key = link.issue?.key.rawValue ?? "its issue"
    if let stray {
      plan.stray = .to(stray)
      plan.notes.append("\(stray); \(key) stays where it is, and both are kept in step")
    } else {
      plan.stray = Plan.Stray.none
      plan.notes.append("\(key) is again where the routes send this case")
    }
  }

  /// Where the routes would send the case by now, in plain words; nil: where its issue is.
  ///
  /// Issues are not moved: Jira lets apps of this kind move none, and where an issue belongs once people work on it is
  /// theirs to say. An issue that they move to the route's project is where it belongs.
  private func stray(_ route: Route?, _ link: LinkState) -> String? {
    guard let issue = link.issue, let project = link.project else { return nil }
    guard let route else { return "no route of \(mapping.name) takes this case any more" }
    let isMoved = issue.key.project != project
    let isThere = issue.key.project == route.project
    if isThere, isMoved || link.issueType == nil || link.issueType == route.issueType { return nil }
    return "a new case like this one would go to \(route.project) as \(route.issueType)"
  }
}

extension IssueKey {
  /// `SUP` of `SUP-1`.
  fileprivate var project: String {
    rawValue.lastIndex(of: "-").map { String(rawValue[..<$0]) } ?? rawValue
  }
}
