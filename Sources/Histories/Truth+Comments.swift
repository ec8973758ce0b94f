import Simulation
import SyncModel

/// One comment on one side: how it read, oldest first, and whether it still stands.
struct Standing {
  struct Entry {
    /// The last edit that it shows; nil: it reads as at first.
    var edit: Token?
    var isPublic: Bool
    var by: String
    var isOurs: Bool
  }

  var id: CommentID
  var entries: [Entry]
  var isDeleted = false

  init(_ id: CommentID, _ text: String, isPublic: Bool, by: String, isOurs: Bool) {
    self.id = id
    entries = [Entry(edit: Self.edit(in: text), isPublic: isPublic, by: by, isOurs: isOurs)]
  }

  static func edit(in text: String) -> Token? {
    Token.all(in: text).last { $0.kind == .edit || $0.kind == .editInJira }
  }

  /// What a person wrote here that reads like this.
  func version(of text: String) -> Entry? {
    let edit = Self.edit(in: text)
    return entries.last { !$0.isOurs && $0.edit == edit } ?? (edit == nil ? entries.first : nil)
  }
}

/// The promises about comments, held against each write of ours when it takes effect.
extension Truth {
  // MARK: - In Jira

  mutating func checkComment(
    _ id: CommentID, _ text: String, isPublic: Bool, on issue: IssueTruth, _ effect: SimulatedEffect
  ) {
    let tokens = Token.all(in: text)
    if tokens.contains(where: { $0.kind == .forged }) { return fail("a forged delivery made a comment") }
    if let echo = tokens.first(where: { $0.kind == .commentInJira }) {
      return fail("\(echo), written in Jira, came back to Jira as a comment")
    }
    if tokens.isEmpty, let item = cases[issue.caseID], isToldOfItsCase(item, text, isPublic: isPublic, effect) {
      return
    }
    guard let token = tokens.first(where: { $0.kind == .comment }), let item = cases[issue.caseID],
      let comment = item.comments.first(where: { $0.token == token })
    else { return fail("issue \(issue.id) got a comment that nobody wrote on its case: '\(text)'") }
    issues[issue.id]?.copies[token, default: 0] += 1
    cases[item.id]?.copied(token, as: Standing(id, text, isPublic: isPublic, by: effect.by, isOurs: true), to: issue.id)
    // One that a person deleted before we learned of it may be made again.
    if count("comment \(token)") > 1, comment.copy?.isDeleted != true {
      return fail("comment \(token) stands in Jira twice")
    }
    checkVersion(text, isPublic: isPublic, of: comment, effect)
  }

  /// What of a comment goes to Jira is what its author wrote at some time, shown to nobody whom they did not show it to,
  /// and by them.
  private mutating func checkVersion(
    _ text: String, isPublic: Bool, of comment: Comment, _ effect: SimulatedEffect
  ) {
    let token = comment.token
    guard let version = comment.own.version(of: text) else {
      return fail("comment \(token) became '\(text)' in Jira, which nobody wrote in the CRM")
    }
    if isPublic && !version.isPublic { return fail("internal comment \(token) became public in Jira") }
    let isStoodInFor = options.mapping == .standIn && effect.by == Stage.account(of: Stage.service.id).rawValue
    if isStoodInFor {
      let name = Stage.users.first { $0.id.rawValue == comment.by }?.name ?? comment.by
      if !text.contains(name) { fail("comment \(token) stands under the service user without \(name)'s name") }
    } else if effect.by != Stage.account(of: CRMUserID(comment.by)).rawValue {
      fail("comment \(token) of user \(comment.by) was sent as \(effect.by)")
    }
  }

  mutating func checkEdit(of id: CommentID, _ text: String, isPublic: Bool, _ effect: SimulatedEffect) {
    guard let item = issues[effect.record].flatMap({ cases[$0.caseID] }),
      let comment = item.comments.first(where: { $0.copy?.id == id })
    else { return fail("a comment was changed in Jira that is no copy of one of the CRM's: '\(text)'") }
    guard Token.first(.comment, in: text) == comment.token else {
      return fail("comment \(comment.token) became '\(text)' in Jira")
    }
    // Somebody may have written over it in Jira meanwhile, and lost.
    let rivals = comment.copy?.entries.count { !$0.isOurs } ?? 0
    if count("edit \(comment.token) \(Standing.edit(in: text)?.description ?? "-")") > 1 + rivals {
      return fail("an edit of comment \(comment.token) was carried out twice in Jira: '\(text)'")
    }
    checkVersion(text, isPublic: isPublic, of: comment, effect)
  }

  mutating func checkDeletion(of id: CommentID, _ effect: SimulatedEffect) {
    guard let item = issues[effect.record].flatMap({ cases[$0.caseID] }),
      let comment = item.comments.first(where: { $0.copy?.id == id })
    else { return fail("a comment was deleted in Jira that is no copy of one of the CRM's") }
    guard comment.own.isDeleted else {
      return fail("comment \(comment.token) was deleted in Jira, and by nobody in the CRM")
    }
    if !maySend(effect.by, for: [comment.by]) {
      fail("comment \(comment.token) of user \(comment.by) was deleted by \(effect.by)")
    }
  }

  // MARK: - In the CRM

  /// An internal comment that tells a case what became of its issue: once for an issue that was deleted.
  private mutating func isToldOfItsIssue(_ item: CaseTruth, _ text: String, isPublic: Bool) -> Bool {
    let lost = item.issues.compactMap { issues[$0] }.filter { $0.isDeleted || $0.hasMoved }
    guard !isPublic, let issue = lost.first(where: { issue in issue.keys.contains(where: text.contains) }) else {
      return false
    }
    return count("told case \(item.id): \(text)") == 1 || issue.hasMoved
  }

  mutating func checkCaseComment(_ id: CommentID, _ text: String, isPublic: Bool, on item: CaseTruth) {
    let tokens = Token.all(in: text)
    if let echo = tokens.first(where: { $0.kind == .comment }) {
      return fail("\(echo), written in the CRM, came back to the CRM as a comment")
    }
    if tokens.isEmpty {
      if isToldOfItsIssue(item, text, isPublic: isPublic) { return }
      if isToldOfReopening(item, text, isPublic: isPublic) { return }
    }
    guard let token = tokens.first(where: { $0.kind == .commentInJira }),
      let comment = item.issues.compactMap({ issues[$0] }).flatMap(\.comments).first(where: { $0.token == token })
    else { return fail("case \(item.id) got a comment that nobody wrote on its issue: '\(text)'") }
    cases[item.id]?.copies[token, default: 0] += 1
    for issue in item.issues {
      issues[issue]?.copied(token, as: Standing(id, text, isPublic: isPublic, by: "", isOurs: true), to: item.id)
    }
    if count("case comment \(token)") > 1 { return fail("comment \(token) stands on case \(item.id) twice") }
    checkCaseVersion(text, isPublic: isPublic, of: token, comment.own)
  }

  /// What goes to the CRM is what somebody wrote in Jira at some time, shown to nobody whom they did not show it to.
  private mutating func checkCaseVersion(_ text: String, isPublic: Bool, of token: Token, _ written: Standing) {
    guard let version = written.version(of: text) else {
      return fail("comment \(token) became '\(text)' in the CRM, which nobody wrote in Jira")
    }
    if isPublic && !version.isPublic { fail("internal comment \(token) became public in the CRM") }
  }

  mutating func checkCaseEdit(of id: CommentID, _ text: String, isPublic: Bool, _ item: CaseTruth) {
    let ofJira = item.issues.compactMap { issues[$0] }.flatMap(\.comments).first { $0.copy?.id == id }
    guard let comment = ofJira ?? item.comments.first(where: { $0.own.id == id }) else {
      return fail("a comment was changed in the CRM that is no copy of one of Jira's: '\(text)'")
    }
    let kind: Token.Kind = ofJira == nil ? .comment : .commentInJira
    guard Token.first(kind, in: text) == comment.token else {
      return fail("comment \(comment.token) became '\(text)' in the CRM")
    }
    let rivals = comment.own.entries.count { !$0.isOurs }
    if count("case edit \(comment.token) \(Standing.edit(in: text)?.description ?? "-")") > 1 + rivals {
      return fail("an edit of comment \(comment.token) was carried out twice in the CRM: '\(text)'")
    }
    if ofJira != nil {
      for issue in item.issues {
        issues[issue]?.edited(id, text, isPublic: isPublic, by: "", isOurs: true)
      }
      checkCaseVersion(text, isPublic: isPublic, of: comment.token, comment.own)
    } else if let copy = comment.copy {
      checkCaseVersion(text, isPublic: isPublic, of: comment.token, copy)
    } else {
      fail("comment \(comment.token) was changed in the CRM, and has never been in Jira")
    }
  }

  mutating func checkCaseDeletion(of id: CommentID, _ item: CaseTruth) {
    let ofJira = item.issues.compactMap { issues[$0] }.flatMap(\.comments).first { $0.copy?.id == id }
    let original = ofJira?.own ?? item.comments.first { $0.own.id == id }?.copy
    guard original?.isDeleted == true else {
      return fail("comment \(id) was deleted on case \(item.id), and by nobody in Jira")
    }
    for issue in item.issues { issues[issue]?.deleted(id) }
  }
}

/// Who keeps account of comments that people wrote, and of where their copies are.
protocol Commented {
  var comments: [Truth.Comment] { get set }
}

extension Truth.CaseTruth: Commented {}
extension Truth.IssueTruth: Commented {}

extension Commented {
  mutating func copied(_ token: Token, as copy: Standing, to record: String) {
    guard let place = comments.firstIndex(where: { $0.token == token }) else { return }
    comments[place].copy = copy
    comments[place].copiedTo = record
  }

  /// A comment of this record, or a copy of one, was changed; elsewhere nothing happens.
  mutating func edited(_ id: CommentID, _ text: String, isPublic: Bool, by: String, isOurs: Bool) {
    let entry = Standing.Entry(edit: Standing.edit(in: text), isPublic: isPublic, by: by, isOurs: isOurs)
    for place in comments.indices {
      if comments[place].own.id == id { comments[place].own.entries.append(entry) }
      if comments[place].copy?.id == id { comments[place].copy?.entries.append(entry) }
    }
  }

  mutating func deleted(_ id: CommentID) {
    for place in comments.indices {
      if comments[place].own.id == id { comments[place].own.isDeleted = true }
      if comments[place].copy?.id == id { comments[place].copy?.isDeleted = true }
    }
  }
}
