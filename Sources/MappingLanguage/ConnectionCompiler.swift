import SyncModel
import XML

/// Reads a `<crm>` document that its schema accepts.
struct ConnectionCompiler {
  var findings: Findings

  mutating func compile(_ root: XMLElement) -> Connection? {
    var secrets: [String: [SecretSource]] = [:]
    for element in root.elements(named: "secret") {
      guard let name = element[attribute: "name"], let source = findings.secret(element, "from") else { continue }
      if secrets[name, default: []].contains(source) {
        findings.error("the secret '\(name)' is named twice from the same place", at: findings.position(element))
      }
      secrets[name, default: []].append(source)
    }
    let base = root.attribute("base") == nil ? "" : findings.address(root, "base")
    guard let name = root[attribute: "name"], let profile = root[attribute: "profile"],
      let site = root[attribute: "jira"], let base
    else { return nil }
    var connection = Connection(
      name: ConnectionName(name), profile: profile, base: base, site: site, secrets: secrets,
      requiresMatchingEmail: root[attribute: "match-email"] == "yes", position: findings.position(root))
    connection.looksUpPeople = root[attribute: "look-up-people"] == "yes"
    return connection
  }
}

extension Unicode.Scalar {
  var isDigit: Bool { "0"..."9" ~= self }
}
