import SyncModel
import XML

/// Reads a `<jira>` document that its schema accepts.
struct SiteCompiler {
  var findings: Findings

  mutating func compile(_ root: XMLElement) -> JiraSite? {
    let kind = findings.choice(root, "kind", JiraSite.Kind.cloud)
    let url = findings.address(root, "site")
    var site = JiraSite(
      name: root[attribute: "name"] ?? "", kind: kind, url: url ?? "",
      serviceUser: root.first("service-user")?[attribute: "ref"].map { CRMUserID($0) }, file: findings.file)
    if kind == .dataCenter { site.standOnDataCenter() }
    if let addresses = root.first("addresses") {
      site.authorizeURL = findings.address(addresses, "authorize") ?? site.authorizeURL
      site.tokenURL = findings.address(addresses, "token") ?? site.tokenURL
      if kind == .dataCenter, let api = addresses.attribute("api") {
        findings.error("a Data Center site answers at its own address; leave api= out", at: findings.position(api))
      }
      site.apiBase = findings.address(addresses, "api") ?? site.apiBase
    }
    if let scopes = root.first("scopes") {
      site.scopes = scopes.text.split(whereSeparator: \.isWhitespace).map(String.init)
      if kind == .cloud, !site.scopes.contains("offline_access") {
        findings.error(
          "without the scope offline_access everybody would have to connect again every hour; add it",
          at: findings.position(scopes))
      }
    }
    connecting(root, &site)
    if let patience = root.first("patience") {
      site.searchPatience = findings.duration(patience, "search") ?? site.searchPatience
      site.commentPatience = findings.duration(patience, "comment") ?? site.commentPatience
    }
    return url == nil ? nil : site
  }

  /// How people connect, and as which client.
  private mutating func connecting(_ root: XMLElement, _ site: inout JiraSite) {
    if let oauth = root.first("oauth") {
      if site.kind == .cloud {
        findings.error(
          "Jira Cloud has one OAuth app for all, in the settings COUNTERPART_JIRA_CLIENT_ID and _SECRET; only a Data "
            + "Center site has a client of its own", at: findings.position(oauth))
      }
      if let id = oauth[attribute: "client-id"], let secret = findings.secret(oauth, "client-secret") {
        site.oauthClient = JiraSite.OAuthClient(id: id, secret: secret)
      }
    }
    let usual: JiraSite.ConnectWay
    switch site.kind {
    case .cloud: usual = .oauth
    case .dataCenter: usual = root.first("oauth") == nil ? .token : .both
    }
    site.connect = findings.choice(root, "connect", usual)
    if site.kind == .dataCenter, site.connect.takesOAuth, root.first("oauth") == nil,
      let attribute = root.attribute("connect")
    {
      findings.error(
        "connect=\"\(attribute.value)\" needs <oauth client-id=\"…\" client-secret=\"env:NAME\"/>, the client that "
          + "was made in this Jira; with connect=\"token\" people enter personal access tokens",
        at: findings.position(attribute))
    }
  }
}

extension JiraSite {
  /// Jira's own OAuth 2.0 provider is part of it
  /// (https://confluence.atlassian.com/adminjiraserver0911/jira-oauth-2-0-provider-api-1318889918.html).
  fileprivate mutating func standOnDataCenter() {
    authorizeURL = url + "/rest/oauth2/latest/authorize"
    tokenURL = url + "/rest/oauth2/latest/token"
    apiBase = url
    scopes = ["WRITE"]
  }
}
