import MappingLanguage
import RichText
package import SyncModel

/// Who is who: CRM users and their accounts in Jira, as several sources tell, the surest first.
///
/// A grant is a proof. A source that comes later is believed where the surer ones say nothing, neither of the user nor
/// of the account. Where one source gives two users one account, that account is nobody's: it is never guessed.
package struct People: Hashable, Sendable {
  private var accounts: [CRMUserID: AccountID] = [:]
  private var users: [AccountID: CRMUser] = [:]
  private var ambiguous: Set<AccountID> = []
  /// Of accounts that were closed: a table that still names one says nothing of it.
  private var closed: Set<String> = []

  /// - Parameter closed: ``digest(of:)`` accounts that Atlassian said were closed.
  package init(closed: Set<String> = []) { self.closed = closed }

  /// By which an account is recognised that must not be stored any more.
  package static func digest(of account: AccountID) -> String { Fingerprint.of(account.rawValue) }

  /// Adds what a grant proves.
  package mutating func add(_ user: CRMUser, account: AccountID) {
    guard account.isIdentity else { return }
    accounts[user.id] = account
    if let other = users[account], other.id != user.id { ambiguous.insert(account) }
    users[account] = user
  }

  /// Adds what a less sure source says.
  package mutating func complete(with entries: some Sequence<AccountEntry>) {
    let surer = self
    for entry in entries where surer.accounts[entry.user.id] == nil && surer.users[entry.account] == nil {
      if !closed.isEmpty, closed.contains(Self.digest(of: entry.account)) { continue }
      add(entry.user, account: entry.account)
    }
  }

  /// The people with what a less sure source says besides.
  package func completed(with entries: some Sequence<AccountEntry>) -> People {
    var people = self
    people.complete(with: entries)
    return people
  }

  package func account(of user: CRMUserID) -> AccountID? { accounts[user] }

  /// Nil also where two CRM users share one account: that is never guessed.
  package func user(of account: AccountID) -> CRMUser? { ambiguous.contains(account) ? nil : users[account] }

  /// Two CRM users share the account.
  package func isAmbiguous(_ account: AccountID) -> Bool { ambiguous.contains(account) }

  /// Why an account in a field's value stands for nobody in the CRM.
  func doubt(about value: FieldValue) -> String {
    guard case .text(let id) = value else { return "to several people" }
    if AccountID(id) == .deletedUser { return "to somebody whose account was deleted" }
    return isAmbiguous(AccountID(id))
      ? "to an account that several CRM users share" : "to somebody of whom no CRM user is known"
  }
}

/// People whom texts mention.
extension People {
  /// Finds the people whom a text of the CRM's mentions; nil: the CRM has no form for it.
  func reading(_ form: MentionForm?) -> ((RichTextDocument) -> RichTextDocument)? {
    form.map { form in
      { document in
        form.read(document) { id in
          self.account(of: CRMUserID(id)).map { ($0.rawValue, self.user(of: $0)?.name ?? id) }
        }
      }
    }
  }

  /// Writes the people whom a text of Jira's mentions as the CRM does; nil: the CRM has no form for it.
  func writing(_ form: MentionForm?) -> ((RichTextDocument) -> RichTextDocument)? {
    form.map { form in { form.write($0) { self.user(of: AccountID($0))?.id.rawValue } } }
  }
}
