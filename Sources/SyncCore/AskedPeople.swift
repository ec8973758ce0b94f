import MappingLanguage
import RichText
package import SyncModel
import Synchronization

/// Takes note of whom a decision asked for in vain, so that they can be looked up, and the decision be made again.
package final class AskedPeople: Sendable {
  private struct Unknown {
    var users: Set<CRMUserID> = []
    var accounts: Set<AccountID> = []
    var authors: Set<AccountID> = []
  }

  private let unknown = Mutex(Unknown())

  package init() {}

  /// CRM users whom Jira would name.
  package var users: Set<CRMUserID> { unknown.withLock { $0.users } }

  /// Accounts whose users the CRM would name, in a field or in a text.
  package var accounts: Set<AccountID> { unknown.withLock { $0.accounts } }

  /// Accounts of those who did something in Jira: Jira's own name of them does as well.
  package var authors: Set<AccountID> { unknown.withLock { $0.authors.subtracting($0.accounts) } }

  fileprivate func note(_ user: CRMUserID) { unknown.withLock { _ = $0.users.insert(user) } }
  fileprivate func note(_ account: AccountID) { unknown.withLock { _ = $0.accounts.insert(account) } }
  fileprivate func note(author: AccountID) { unknown.withLock { _ = $0.authors.insert(author) } }
}

extension Planner.Input {
  func account(of user: CRMUserID) -> AccountID? {
    let account = people.account(of: user)
    if account == nil { asked?.note(user) }
    return account
  }

  /// Finds the people whom a text of the CRM's mentions; nil: the CRM has no form for it.
  var mentions: ((RichTextDocument) -> RichTextDocument)? {
    mention.map { form in
      { document in
        form.read(document) { id in
          account(of: CRMUserID(id)).map { ($0.rawValue, people.user(of: $0)?.name ?? id) }
        }
      }
    }
  }

  /// What is known of why the people in a field's value are not.
  func doubts(about value: FieldValue) -> String {
    let ids: [String]
    switch value {
    case .empty: ids = []
    case .text(let id): ids = [id]
    case .list(let list): ids = list
    }
    let reasons = Set(ids.compactMap { people.reason(whyNobodyIs: CRMUserID($0)) })
    return reasons.isEmpty ? "" : " (they were looked up: \(reasons.sorted().joined(separator: "; ")))"
  }
}

extension Reconciliation.Input {
  func user(of account: AccountID) -> CRMUser? {
    if !people.knows(account) { asked?.note(account) }
    return people.user(of: account)
  }

  /// What the CRM calls somebody who did something in Jira; nil: nobody knows.
  package func authorName(_ account: AccountID) -> String? {
    if !people.knows(account) { asked?.note(author: account) }
    return people.user(of: account)?.name
  }

  /// Why an account in a field's value stands for nobody in the CRM.
  func doubt(about value: FieldValue) -> String {
    guard case .text(let id) = value else { return "to several people" }
    let account = AccountID(id)
    if account == .deletedUser { return "to somebody whose account was deleted" }
    if people.isAmbiguous(account) { return "to an account that several CRM users share" }
    return "to somebody of whom no CRM user is known"
      + (doubts[account].map { " (they were looked up: \($0))" } ?? "")
  }

  /// Writes the people whom a text of Jira's mentions as the CRM does; nil: the CRM has no form for it.
  var mentions: ((RichTextDocument) -> RichTextDocument)? {
    mention.map { form in { form.write($0) { user(of: AccountID($0))?.id.rawValue } } }
  }
}
