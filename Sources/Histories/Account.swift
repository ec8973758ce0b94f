import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// One case and its issue at the end: what must stand where, when everything has come to rest.
struct Account {
  var item: Truth.CaseTruth
  var issue: Truth.IssueTruth?
  /// Those that the case had before.
  var former: [Truth.IssueTruth] = []
  var keepsOrder: Bool
  /// The dead and held operations of the case.
  var left: [OperationSummary]
  var conflicts: [Conflict]
  var isTitleTwoWay: Bool
  var routesOperations: Bool
  var lifecycle: Lifecycle

  /// What is wrong, in words; nil: nothing.
  var problem: String? {
    guard !item.isDeleted else { return deletion }
    guard let issue else { return item.hasLoss ? nil : "it has no issue" }
    // What goes to a deleted issue is dead, and says so.
    guard !issue.isDeleted else { return nil }
    if let dead = left.first(where: { !isOfFormerIssue($0) }) {
      return "\(dead.kind.rawValue) is \(dead.state.rawValue): \(dead.reason ?? "-")"
    }
    return comments(issue) ?? texts(issue) ?? field("priority", "priority", issue, MappingVariant.priorities)
      ?? (lifecycle.keepsStatus ? field("status", "status", issue, MappingVariant.statuses) : nil) ?? title(issue)
  }

  /// The issue of a deleted case was closed, where the mapping says so.
  private var deletion: String? {
    guard lifecycle.ofDeletedCase == .close, keepsOrder, !item.hasLoss, let issue, !issue.isDeleted else { return nil }
    let wasClosed = issue.fields["status"]?.entries.contains { $0.value == "Done" } ?? false
    return wasClosed ? nil : "the case was deleted, and its issue was never closed"
  }

  private func comments(_ issue: Truth.IssueTruth) -> String? {
    for comment in item.comments where !item.lostComments.contains(comment.token) && !comment.own.isDeleted {
      let isThere = issue.copies[comment.token] != nil || former.contains { $0.copies[comment.token] != nil }
      if !isThere && !left.contains(where: isOfFormerIssue) { return "comment \(comment.token) is missing in Jira" }
    }
    guard isInSight(issue) else { return nil }
    for comment in issue.comments where !comment.own.isDeleted && item.copies[comment.token] == nil {
      return "comment \(comment.token) is missing in the CRM"
    }
    guard !item.hasLoss else { return nil }
    // What an issue had that the case has left behind stays there as it was.
    for comment in item.comments where comment.copiedTo == issue.id {
      if let problem = changes(comment, crm: comment.own, jira: comment.copy) { return problem }
    }
    for comment in issue.comments {
      if let problem = changes(comment, crm: comment.copy, jira: comment.own) { return problem }
    }
    return nil
  }

  /// A comment of which nobody can tell any more, and which an admin decides about.
  private func isOfFormerIssue(_ operation: OperationSummary) -> Bool {
    operation.cause.flatMap(Cause.init(text:))?.reason == .formerIssue
  }

  /// A comment that was changed or deleted on one side is so on the other; of edits that met, the one that lost is kept.
  private func changes(_ comment: Truth.Comment, crm: Standing?, jira: Standing?) -> String? {
    guard let crm, let jira else { return nil }
    guard crm.isDeleted == jira.isDeleted else {
      return "comment \(comment.token) was deleted in \(crm.isDeleted ? "the CRM" : "Jira") only"
    }
    guard !crm.isDeleted else { return nil }
    let (inCRM, inJira) = (crm.entries.last?.edit, jira.entries.last?.edit)
    guard inCRM == inJira else {
      return "comment \(comment.token) reads \(words(inCRM)) in the CRM and \(words(inJira)) in Jira"
    }
    let lost = conflicts.filter { $0.field.rawValue == "comment \(jira.id)" }
    for (last, others) in [(crm, jira), (jira, crm)].map({ ($0.entries.last { !$0.isOurs }, $1.entries) }) {
      guard let edit = last?.edit, !others.contains(where: { $0.edit == edit }) else { continue }
      let isKept = lost.contains { conflict in
        [conflict.crm, conflict.jira].contains { value in
          if case .text(let text) = value { Token.all(in: text).contains(edit) } else { false }
        }
      }
      if !isKept { return "edit \(edit) of comment \(comment.token) is nowhere on the other side nor among what lost" }
    }
    return nil
  }

  /// Runs search the projects that the mappings route to; what an issue goes through elsewhere they do not see.
  private func isInSight(_ issue: Truth.IssueTruth) -> Bool { issue.isInSupport || routesOperations }

  private func texts(_ issue: Truth.IssueTruth) -> String? {
    let key = item.fields["jira_key"]?.current ?? ""
    if !issue.keys.contains(key) { return "the case has the key '\(key)', its issue has \(issue.keys)" }
    guard !item.hasLoss else { return nil }
    let description = Token.first(.text, in: item.fields["description"]?.current ?? "")
    let shown = Token.first(.text, in: issue.fields["description"]?.current ?? "")
    if description != shown { return "the description is \(words(description)), and \(words(shown)) in Jira" }
    guard !isTitleTwoWay else { return nil }
    let title = Token.first(.title, in: item.fields["subject"]?.current ?? "")
    let summary = Token.first(.title, in: issue.fields["summary"]?.current ?? "")
    return title == summary ? nil : "the title is \(words(title)), and \(words(summary)) in Jira"
  }

  private func words(_ token: Token?) -> String { token?.description ?? "none" }

  private func title(_ issue: Truth.IssueTruth) -> String? {
    guard isTitleTwoWay else { return nil }
    return field("subject", "summary", issue, nil)
  }

  /// A two-way field: both sides agree, and whatever somebody entered last on either side stood on the other one for a
  /// while, or is kept as the value that lost.
  private func field(
    _ crmName: String, _ jiraName: String, _ issue: Truth.IssueTruth, _ pairs: [String: String]?
  ) -> String? {
    guard !item.hasLoss, isInSight(issue), let crm = item.fields[crmName], let jira = issue.fields[jiraName]
    else { return nil }
    func inJira(_ value: String) -> String { pairs.map { $0[value] ?? "?" } ?? value }
    guard inJira(crm.current) == jira.current else {
      return "\(crmName) is '\(crm.current)' in the CRM and '\(jira.current)' in Jira"
    }
    if let last = crm.entries.last(where: { !$0.isOurs }) {
      let isKnown =
        jira.entries.contains { $0.value == inJira(last.value) }
        || conflicts.contains { $0.field.rawValue == jiraName && $0.crm == .text(last.value) }
      if !isKnown { return "\(crmName) '\(last.value)' of \(last.by) is nowhere in Jira nor among what lost" }
    }
    if let last = jira.entries.last(where: { !$0.isOurs }) {
      let isKnown =
        crm.entries.contains { inJira($0.value) == last.value }
        || conflicts.contains { $0.field.rawValue == jiraName && $0.jira == .text(last.value) }
      if !isKnown { return "\(jiraName) '\(last.value)' of \(last.by) is nowhere in the CRM nor among what lost" }
    }
    return nil
  }
}
