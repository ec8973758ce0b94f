import CRMClient
package import JSON
package import JiraClient
package import MappingLanguage
package import SyncCore
package import SyncModel
package import Wire

/// The requests that an operation would be sent with: made by the very functions that send, with nothing sent.
///
/// What only an answer brings stands in braces, such as the id of an issue that does not exist yet. The far sides are
/// not asked: of a two-way field Jira is taken to hold what both sides last agreed on.
package struct OperationRequests: Sendable {
  package struct Shown: Sendable {
    package var side: Side
    package var requests: [WireRequest] = []
    /// What else is to be known of it.
    package var remark: String?
  }

  package var mapping: Mapping
  package var connection: Connection
  package var profile: CRMProfile?
  package var caseID: CaseID
  /// As what grant the site is reached; by OAuth where nobody is known to be connected.
  package var reach = JiraReach.gateway("", cloudID: "{cloudId}")
  package var issue: IssueReference?
  /// The label by which the issue is found again.
  package var label = ""
  /// Jira's ids of the CRM's comments.
  package var comments: [CommentID: CommentID] = [:]

  private static let none = Secret("")

  package init(mapping: Mapping, connection: Connection, profile: CRMProfile?, caseID: CaseID) {
    self.mapping = mapping
    self.connection = connection
    self.profile = profile
    self.caseID = caseID
  }

  private var issueID: IssueID { issue?.id ?? "{issueId}" }
  private var jira: JiraRequests { JiraRequests(reach) }
  private var crm: CRMRequests? {
    profile.map { CRMRequests(profile: $0, base: connection.base, secrets: { _ in [Secret("hidden")] }) }
  }

  /// - Parameter number: the operation's in the journal, which edits and transitions carry into Jira's changelog.
  package func shown(_ call: RemoteCall, number: Int64) -> Shown {
    let receipt = ChangeReceipt(connection: connection.name, operation: number)
    var shown = Shown(side: call.kind.side)
    switch call.keeping(label: label) {
    case .createIssue(let creation): shown.requests = [jira.create(creation, token: Self.none)]
    case .editIssue(let edit):
      shown.requests = [jira.edit(edit, issue: issueID, token: Self.none, receipt: receipt)]
      let twoWay = edit.fields.filter(\.isTwoWay).map(\.key.rawValue)
      if !twoWay.isEmpty {
        shown.remark =
          "before it, what Jira holds in \(twoWay.joined(separator: ", ")) is read, and what the mapping says of "
          + "conflicts holds; shown is what is sent where Jira holds what was last agreed on"
      }
    case .transitionIssue(let transition): show(transition, &shown)
    case .addComment(let comment):
      shown.requests = [jira.comment(comment, issue: issueID, token: Self.none)]
    case .editComment(let edit):
      let id = comments[edit.comment.crmComment] ?? "{commentId}"
      shown.requests = [jira.edit(edit.comment, as: id, issue: issueID, token: Self.none)]
      shown.remark = "if the comment is in Jira; where both sides may change it, it is read before"
    case .deleteComment(let deletion):
      let id = comments[deletion.crmComment] ?? "{commentId}"
      shown.requests = [jira.delete(id, issue: issueID, token: Self.none)]
      shown.remark = "if the comment is in Jira"
    case .addRemoteLink(let link): shown.requests = [jira.remoteLink(link, issue: issueID, token: Self.none)]
    case .addAttachment(let attachment): show(attachment, &shown)
    case .deleteIssue: shown.requests = [jira.delete(issueID, token: Self.none)]
    case .addCaseAttachment(let file):
      shown.remark = "the file '\(file.name)' (\(file.type)) is streamed from Jira into the CRM"
    case .writeCase, .addCaseComment, .editCaseComment, .deleteCaseComment, .askCase: showInCRM(call, &shown)
    }
    return shown
  }

  /// What follows in the CRM once the issue exists; nil: the mapping names no field for its key.
  package func linkBack() -> RemoteCall? {
    mapping.linkBack(key: issue?.key ?? "{issueKey}")?.call
  }

  private func show(_ transition: IssueTransition, _ shown: inout Shown) {
    shown.requests = [
      transition.isTwoWay
        ? jira.standing(of: issueID, token: Self.none) : jira.transitions(of: issueID, token: Self.none)
    ]
    shown.remark =
      "then POST \(jira.transitions(of: issueID, token: Self.none).path) with the transition that leads to "
      + "'\(transition.status)'"
      + (transition.resolution.map { ", with resolution '\($0)' if its screen has one" } ?? "")
      + transition.screen.map { ", with \($0.key) '\($0.jira.display)' where a screen asks for it" }.joined()
      + "; by several steps where none leads straight there"
  }

  private func show(_ attachment: AttachmentAddition, _ shown: inout Shown) {
    guard let crm, let source = try? crm.content(of: attachment, case: caseID) else {
      shown.remark = "the profile has no way to fetch the file '\(attachment.name)'"
      return
    }
    let pipe = jira.attach(attachment, from: source, boundary: "{boundary}", issue: issueID, token: Self.none)
    var target = pipe.target
    target.body = []
    shown.requests = [source, target]
    shown.remark =
      "the file '\(attachment.name)' (\(attachment.type)) is streamed from the first into the second, if it has at "
      + "most " + ByteCountText.words(attachment.limitBytes)
  }

  private func showInCRM(_ call: RemoteCall, _ shown: inout Shown) {
    guard let crm else {
      shown.remark = "the connection has no profile"
      return
    }
    do throws(CallFailure) {
      switch call {
      case .writeCase(let edit): shown.requests = try crm.requests(for: edit, case: caseID)
      case .addCaseComment(let comment): shown.requests = [try crm.request(for: comment, case: caseID)]
      case .editCaseComment(let edit):
        shown.requests = [try crm.request(for: edit, comment: "{commentId}", case: caseID)]
      case .deleteCaseComment: shown.requests = [try crm.deletion(of: "{commentId}", case: caseID)]
      case .askCase: shown.requests = [try crm.getCase(caseID)]
      case .createIssue, .editIssue, .transitionIssue, .addComment, .editComment, .deleteComment, .addAttachment,
        .addRemoteLink, .deleteIssue, .addCaseAttachment:
        break
      }
    } catch { shown.remark = "cannot be written to the CRM: \(error)" }
  }
}

extension WireRequest {
  /// The address without its query, with its placeholders readable.
  package var path: String {
    let path = String(url.prefix { $0 != "?" })
    return URLEncoding.decode(path) ?? path
  }

  /// The address with its placeholders readable.
  package var shownURL: String { URLEncoding.decode(url) ?? url }

  /// The body as JSON; nil where it has none, or one of another kind.
  package var shownBody: JSONValue? { body.isEmpty ? nil : try? JSONReader.read(body) }
}

extension Mapping {
  /// The write that takes a new issue's key to the case, where the mapping names a field for it.
  func linkBack(key: IssueKey) -> PlannedOperation? {
    guard let name = link.crmKeyName else { return nil }
    let edit = CaseEdit(ours: key.rawValue, as: "issue-key", to: name, place: file)
    return PlannedOperation(call: .writeCase(edit), actor: nil)
  }
}
