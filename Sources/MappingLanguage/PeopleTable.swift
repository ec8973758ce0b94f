import SyncModel
import XML

/// One `<people>` document: who is who, for those of a connection who have not connected.
struct PeopleTable: Sendable {
  struct Line: Sendable {
    var entry: AccountEntry
    /// Of the account.
    var position: SourcePosition
  }

  private(set) var entries: [Line] = []

  init(_ root: XMLElement, _ findings: inout Findings) {
    var users: [CRMUserID: SourcePosition] = [:]
    for element in root.elements(named: "person") {
      guard let crm = element.attribute("crm"), let account = element.attribute("account") else { continue }
      let id = CRMUserID(crm.value)
      if let first = users[id] {
        findings.error(
          "the CRM user '\(crm.value.prefix(60))' has an account already, \(first); one person has one",
          at: findings.position(crm))
        continue
      }
      users[id] = findings.position(crm)
      guard AccountID(account.value).isIdentity else {
        findings.error(
          "'unknown' is what Jira calls everybody who no longer has an account; leave such people out",
          at: findings.position(account))
        continue
      }
      entries.append(
        Line(
          entry: AccountEntry(
            user: CRMUser(id: id, name: element[attribute: "name"]), account: AccountID(account.value)),
          position: findings.position(account)))
    }
    warnOfSharedAccounts(&findings)
  }

  /// Legal, since people do share accounts; but then nobody can tell in Jira which of them is meant.
  private func warnOfSharedAccounts(_ findings: inout Findings) {
    var first: [AccountID: Line] = [:]
    for line in entries {
      guard let other = first[line.entry.account] else {
        first[line.entry.account] = line
        continue
      }
      findings.warning(
        "the account is also that of the CRM user '\(other.entry.user.id.rawValue.prefix(60))', \(other.position): "
          + "what stands in Jira under it is taken for neither of them", at: line.position)
    }
  }
}

extension MappingCompilation {
  /// Holds the tables of people against the kind of their site.
  mutating func checkPeople() {
    for (name, table) in people.sorted(by: { $0.key < $1.key }) {
      guard let connection = connections[name]?.document, sites[connection.site]?.document.kind == .cloud else {
        continue
      }
      for line in table.document.entries where line.entry.account.rawValue.contains("@") {
        diagnostics.append(
          Diagnostic(
            .error, at: line.position,
            "an e-mail address is no account id: '\(connection.site)' is Jira Cloud, which shows the id at the end of "
              + "the address of a person's profile, …/people/ID"))
      }
    }
  }
}
