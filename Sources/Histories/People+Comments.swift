import Simulation
import SyncCore
import SyncModel

/// People who think better of what they said.
extension People {
  /// A comment as it stands on one side, a copy of ours included.
  struct CommentInView: Sendable {
    var side: Side
    /// The case's or the issue's id.
    var record: String
    var id: CommentID
    /// By which it is found again, however often it changes.
    var token: Token
    /// Who may change it in the CRM.
    var author: String
  }

  /// Somebody edits or deletes a comment: their own in the CRM, anybody's in Jira.
  func changeComment(_ state: inout State, _ now: Timestamp) -> String? {
    let comment = state.more.pick(state.comments)
    let isDeleted = state.more.happens(0.25)
    let account = state.more.pick(Stage.developers + users.map { Stage.account(of: $0) })
    let edit = Token(kind: comment.side == .crm ? .edit : .editInJira, number: state.lastToken + 1)
    state.lastToken += 1
    let text = "\(comment.token) \(edit)"
    do {
      switch (comment.side, isDeleted) {
      case (.crm, false):
        try crm.editComment(
          comment.id, on: CaseID(comment.record), as: CRMUserID(comment.author), text: text, now: now)
      case (.crm, true):
        try crm.deleteComment(comment.id, on: CaseID(comment.record), as: CRMUserID(comment.author), now: now)
      case (.jira, false): try jira.editComment(comment.id, issue: comment.record, as: account, text: text, now: now)
      case (.jira, true): try jira.deleteComment(comment.id, issue: comment.record, as: account, now: now)
      }
    } catch {
      // It has gone meanwhile, and its record perhaps as well.
      return nil
    }
    let who = comment.side == .crm ? comment.author : account.rawValue
    let what = isDeleted ? "deletes \(comment.token)" : "makes \(text) of it"
    return "\(who) \(what) in \(comment.side == .crm ? "case" : "issue") \(comment.record)"
  }
}

extension Truth {
  /// Every comment that somebody might change.
  var commentsInView: [People.CommentInView] {
    var view: [People.CommentInView] = []
    for item in caseOrder.compactMap({ cases[$0] }) where !item.isDeleted {
      for comment in item.comments where !comment.own.isDeleted {
        view.append(
          People.CommentInView(
            side: .crm, record: item.id, id: comment.own.id, token: comment.token, author: comment.by))
      }
    }
    for issue in issueOrder.compactMap({ issues[$0] }) where !issue.isDeleted {
      let own = issue.comments.map { (token: $0.token, standing: $0.own) }
      let copies = (cases[issue.caseID]?.comments ?? []).compactMap { comment in
        comment.copy.map { (token: comment.token, standing: $0) }
      }
      for (token, standing) in own + copies where !standing.isDeleted {
        view.append(
          People.CommentInView(side: .jira, record: issue.id, id: standing.id, token: token, author: ""))
      }
    }
    return view
  }
}
