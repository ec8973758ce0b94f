import SyncModel
import XML

/// Reads a `<crm>` document that its schema accepts.
struct ConnectionCompiler {
  var findings: Findings

  mutating func compile(_ root: XMLElement) -> Connection? {
    var secrets: [String: [SecretSource]] = [:]
    for element in root.elements(named: "secret") {
      guard let name = element[attribute: "name"], let source = source(element) else { continue }
      if secrets[name, default: []].contains(source) {
        findings.error("the secret '\(name)' is named twice from the same place", at: findings.position(element))
      }
      secrets[name, default: []].append(source)
    }
    let base = root.attribute("base") == nil ? "" : findings.address(root, "base")
    guard let name = root[attribute: "name"], let profile = root[attribute: "profile"],
      let site = root[attribute: "jira"], let base
    else { return nil }
    return Connection(
      name: ConnectionName(name), profile: profile, base: base, site: site, secrets: secrets,
      requiresMatchingEmail: root[attribute: "match-email"] == "yes", position: findings.position(root))
  }

  /// Never repeats the value in a finding: who writes the secret itself here should not find it in a log too.
  private mutating func source(_ element: XMLElement) -> SecretSource? {
    guard let attribute = element.attribute("from") else { return nil }
    if attribute.value.hasPrefix("env:") {
      let name = String(attribute.value.dropFirst(4))
      let isName = name.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || $0.isDigit || $0 == "_")
      }
      if isName && !name.isEmpty && name.unicodeScalars.first?.isDigit == false { return .environment(name) }
      findings.error(
        "from=\"env:…\" must name an environment variable (letters, digits, underscores)",
        at: findings.position(attribute))
      return nil
    }
    if attribute.value.hasPrefix("file:"), attribute.value.utf8.count > 5 {
      return .file(String(attribute.value.dropFirst(5)))
    }
    findings.error(
      "the secret itself must not stand in this file; say where it is kept: from=\"env:NAME\" or from=\"file:PATH\"",
      at: findings.position(attribute))
    return nil
  }
}

extension Unicode.Scalar {
  var isDigit: Bool { "0"..."9" ~= self }
}
