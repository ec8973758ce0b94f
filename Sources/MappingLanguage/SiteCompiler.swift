import SyncModel
import XML

/// Reads a `<jira>` document that its schema accepts.
struct SiteCompiler {
  var findings: Findings

  mutating func compile(_ root: XMLElement) -> JiraSite? {
    let kind = findings.choice(root, "kind", JiraSite.Kind.cloud)
    if kind == .dataCenter, let attribute = root.attribute("kind") {
      findings.error("Jira Data Center is not built yet; only kind=\"cloud\" works", at: findings.position(attribute))
    }
    let url = findings.address(root, "site")
    var site = JiraSite(
      name: root[attribute: "name"] ?? "", kind: kind, url: url ?? "",
      serviceUser: root.first("service-user")?[attribute: "ref"].map { CRMUserID($0) }, file: findings.file)
    if let addresses = root.first("addresses") {
      site.authorizeURL = findings.address(addresses, "authorize") ?? site.authorizeURL
      site.tokenURL = findings.address(addresses, "token") ?? site.tokenURL
      site.apiBase = findings.address(addresses, "api") ?? site.apiBase
    }
    if let scopes = root.first("scopes") {
      site.scopes = scopes.text.split(whereSeparator: \.isWhitespace).map(String.init)
      if !site.scopes.contains("offline_access") {
        findings.error(
          "without the scope offline_access everybody would have to connect again every hour; add it",
          at: findings.position(scopes))
      }
    }
    if let patience = root.first("patience") {
      site.searchPatience = findings.duration(patience, "search") ?? site.searchPatience
      site.commentPatience = findings.duration(patience, "comment") ?? site.commentPatience
    }
    return url == nil ? nil : site
  }
}
