import SyncModel
import XML

/// Reads a `<mapping>` document that its schema accepts.
struct MappingCompiler {
  var findings: Findings

  mutating func compile(_ root: XMLElement, digest: String) -> Mapping? {
    guard let name = root[attribute: "name"], let connection = root[attribute: "crm"] else { return nil }
    for element in ["status", "comments", "attachments", "link", "missing-grant", "deletion", "reopening"] {
      for extra in root.elements(named: element).dropFirst() {
        findings.error("<\(element)> may stand only once", at: findings.position(extra))
      }
    }
    let routes = self.routes(root)
    var fieldCompiler = FieldCompiler(findings: findings)
    let fields = fieldCompiler.fields(root.elements(named: "field"))
    let status = root.first("status").flatMap { fieldCompiler.status($0) }
    findings = fieldCompiler.findings
    if !fields.contains(where: { $0.direction.writesJira && $0.key == "summary" }),
      !root.elements(named: "field").contains(where: { $0[attribute: "jira"] == "summary" })
    {
      findings.error(
        "there is no <field jira=\"summary\" …/>, and Jira makes no issue without a summary",
        at: findings.position(root))
    }
    let comments = root.first("comments").flatMap { self.comments($0) }
    let attachments = root.first("attachments").flatMap { self.attachments($0) }
    let link = self.link(root.first("link"))
    let missingGrant = root.first("missing-grant").map { self.missingGrant($0) } ?? MissingGrantRule()
    checkTargets(fields, status, link, at: root.first("link")?.attribute("issue-key"), missingGrant)
    var lifecycle = LifecycleCompiler(findings: findings)
    let deletion = lifecycle.deletion(root.first("deletion"), status)
    let reopening = lifecycle.reopening(root.first("reopening"), status)
    findings = lifecycle.findings
    guard let link else { return nil }
    var mapping = Mapping(
      name: MappingName(name), connection: ConnectionName(connection), file: findings.file, digest: digest,
      routes: routes, fields: fields, status: status, comments: comments, attachments: attachments, link: link,
      missingGrant: missingGrant)
    mapping.deletion = deletion
    mapping.reopening = reopening
    return mapping
  }

  /// One field of the CRM is written from one place.
  private mutating func checkTargets(
    _ fields: [FieldRule], _ status: StatusRule?, _ link: LinkRule?, at issueKey: XMLAttribute?,
    _ missingGrant: MissingGrantRule
  ) {
    var written = fields.filter(\.direction.writesCRM).map { (name: $0.crmName, position: $0.position) }
    if let status, status.direction.writesCRM {
      if let first = written.first(where: { $0.name == status.crmName }) {
        findings.error(
          "the CRM field '\(status.crmName)' is written by line \(first.position.line) already", at: status.position)
      }
      written.append((status.crmName, status.position))
    }
    if let key = link?.crmKeyName, let issueKey {
      if let first = written.first(where: { $0.name == key }) {
        findings.error(
          "the CRM field '\(key)' is written by line \(first.position.line) already, and the issue key would replace "
            + "that", at: findings.position(issueKey))
      }
      written.append((key, findings.position(issueKey)))
    }
    guard let tell = missingGrant.tellField, let first = written.first(where: { $0.name == tell.crmName }) else {
      return
    }
    findings.error(
      "the CRM field '\(tell.crmName)' is written by line \(first.position.line) already, and what is told of people "
        + "would replace that", at: tell.position)
  }

  private mutating func routes(_ root: XMLElement) -> [Route] {
    var routes: [Route] = []
    var catchAll: SourcePosition?
    for element in root.elements(named: "route") {
      let position = findings.position(element)
      if let catchAll {
        findings.warning(
          "the route in line \(catchAll.line) takes every case, so this one is never reached", at: position)
      }
      let condition = findings.expression(element, "when")
      let truth = findings.constant(element, "when", condition, "case")
      if catchAll == nil, let condition, let first = routes.first(where: { $0.condition == condition }) {
        findings.warning(
          "the route in line \(first.position.line) has the same condition, so this one is never reached", at: position)
      }
      if element.attribute("when") == nil || truth == true { catchAll = catchAll ?? position }
      routes.append(
        Route(
          condition: condition, project: element[attribute: "project"] ?? "",
          issueType: element[attribute: "issue-type"] ?? "", position: position))
    }
    if routes.isEmpty {
      findings.error(
        "there is no <route>, so no case would ever be mirrored; add <route project=\"…\" issue-type=\"…\"/>",
        at: findings.position(root))
    }
    return routes
  }

  private mutating func comments(_ element: XMLElement) -> CommentRule? {
    let whenInternal: CommentRule.Visibility = findings.choice(element, "internal", .internal)
    if whenInternal == .public, let attribute = element.attribute("internal") {
      findings.error(
        "internal comments never become public on the other side; write internal=\"internal\" or internal=\"skip\"",
        at: findings.position(attribute))
    }
    let jiraPrefix = findings.template(element, "prefix-jira", variables: ["author"], allowsExpressions: false)
    let crmPrefix = findings.template(element, "prefix-crm", variables: ["author", "issue"], allowsExpressions: false)
    let defaultPrefix = Template(
      source: "{$author} ({$issue}): ",
      pieces: [.variable("author"), .text(" ("), .variable("issue"), .text("): ")])
    let direction: SyncDirection = findings.choice(element, "sync", .both)
    let edits = changes(element, "edits", within: direction, none: "none", absent: direction)
    let deletions = changes(element, "deletions", within: direction, none: "keep", absent: nil)
    return CommentRule(
      direction: direction, whenPublic: findings.choice(element, "public", .public), whenInternal: whenInternal,
      jiraPrefix: jiraPrefix, crmPrefix: crmPrefix ?? defaultPrefix, position: findings.position(element),
      edits: edits, asksForEdits: element.attribute("edits") != nil, deletions: deletions)
  }

  /// What `edits=` or `deletions=` says; neither goes where the comments themselves do not.
  private mutating func changes(
    _ element: XMLElement, _ name: String, within direction: SyncDirection, none: String, absent: SyncDirection?
  ) -> SyncDirection? {
    guard let attribute = element.attribute(name) else { return absent }
    guard attribute.value != none, let wanted = SyncDirection(rawValue: attribute.value) else { return nil }
    if direction != .both && wanted != direction {
      findings.error(
        "\(name)=\"\(wanted.rawValue)\" goes further than sync=\"\(direction.rawValue)\"; the comments themselves do "
          + "not go that way", at: findings.position(attribute))
    }
    return wanted
  }

  private mutating func attachments(_ element: XMLElement) -> AttachmentRule? {
    var maxBytes: Int64 = 10 << 20
    if let attribute = element.attribute("max-size") {
      guard let bytes = ByteCountText.read(attribute.value) else {
        findings.error(
          "max-size=\"\(attribute.value.prefix(60))\" is no size up to 2GB; write 500KB or 10MB",
          at: findings.position(attribute))
        return nil
      }
      maxBytes = bytes
    }
    let types = (element[attribute: "types"] ?? "").split { $0 == "," || $0.isWhitespace }.map { $0.lowercased() }
    if let attribute = element.attribute("types") {
      let wrong = types.first { $0.split(separator: "/", omittingEmptySubsequences: false).count != 2 }
      if types.isEmpty || wrong != nil {
        let hint = wrong.map { ", not '\($0.prefix(40))'" } ?? ""
        findings.error(
          "types= lists media types, such as types=\"image/* application/pdf\"\(hint)",
          at: findings.position(attribute))
      }
    }
    let direction: SyncDirection = findings.choice(element, "sync", .toJira)
    if direction.writesCRM, let attribute = element.attribute("in-crm"), attribute.value == "public" {
      findings.warning(
        "Jira does not say which files belong to internal comments, so customers may see those, too; "
          + "in-crm=\"internal\" keeps them inside", at: findings.position(attribute))
    }
    return AttachmentRule(
      maxBytes: maxBytes, types: types, takesInternal: element[attribute: "internal"] == "take",
      position: findings.position(element), direction: direction,
      isPublicInCRM: element[attribute: "in-crm"] == "public")
  }

  private mutating func link(_ element: XMLElement?) -> LinkRule? {
    let standard = Template(
      source: "{$connection}-{$case}", pieces: [.variable("connection"), .text("-"), .variable("case")])
    guard let element else { return LinkRule(label: standard, crmKeyName: nil, caseURL: nil) }
    let label = findings.template(element, "label", variables: ["connection", "case"], allowsExpressions: true)
    if let label, let attribute = element.attribute("label"), !label.isSpecific {
      findings.error("the label must differ from case to case; put {$case} into it", at: findings.position(attribute))
    }
    let caseURL = findings.template(element, "case-url", variables: ["base", "case"], allowsExpressions: false)
    let title = findings.template(element, "remote-link", variables: ["connection", "case"], allowsExpressions: true)
    if let attribute = element.attribute("remote-link"), element.attribute("case-url") == nil {
      findings.error(
        "a link on the issue needs case-url=\"…\": where does it lead?", at: findings.position(attribute))
    }
    guard label != nil || element.attribute("label") == nil else { return nil }
    var rule = LinkRule(
      label: label ?? standard, crmKeyName: element[attribute: "issue-key"], caseURL: caseURL, remoteLinkTitle: title,
      labelPosition: element.attribute("label").map { findings.position($0) },
      crmKeyPosition: element.attribute("issue-key").map { findings.position($0) })
    rule.remoteLinkPosition = element.attribute("remote-link").map { findings.position($0) }
    return rule
  }

  private mutating func missingGrant(_ element: XMLElement) -> MissingGrantRule {
    let action: MissingGrantRule.Action = findings.choice(element, "action", .hold)
    let anonymous: MissingGrantRule.Action = findings.choice(element, "anonymous", .hold)
    let after = findings.duration(element, "after")
    let then = element[attribute: "then"].flatMap(MissingGrantRule.Action.init(rawValue:))
    let hasAfter = element.attribute("after") != nil
    if action != .hold {
      if let attribute = element.attribute("after") ?? element.attribute("then") {
        findings.error(
          "after= and then= have a meaning only with action=\"hold\"", at: findings.position(attribute))
      }
      if element[attribute: "tell"] == "note", let attribute = element.attribute("tell") {
        findings.error("tell= has a meaning only with action=\"hold\"", at: findings.position(attribute))
      }
      if let attribute = element.attribute("tell-field") {
        findings.error("tell-field= has a meaning only with action=\"hold\"", at: findings.position(attribute))
      }
      return MissingGrantRule(action: action, anonymous: anonymous)
    }
    if let attribute = element.attribute("then"), !hasAfter {
      findings.error(
        "then= needs after=, such as after=\"72h\": when should it be done?", at: findings.position(attribute))
    }
    if let attribute = element.attribute("after"), then == nil {
      findings.error(
        "after= needs then=\"service\" or then=\"skip\": what should be done?", at: findings.position(attribute))
    }
    if then == .hold, let attribute = element.attribute("then") {
      findings.error("then=\"hold\" would change nothing; write service or skip", at: findings.position(attribute))
    }
    var rule = MissingGrantRule(action: action, after: after, then: then, anonymous: anonymous)
    if element[attribute: "tell"] == "note" {
      rule.tellPosition = element.attribute("tell").map { findings.position($0) }
    }
    rule.tellField = element.attribute("tell-field").map {
      MissingGrantRule.TellField(crmName: $0.value, position: findings.position($0))
    }
    return rule
  }
}

extension Template {
  /// Whether it holds the case's id: two cases may agree on everything else of theirs, and would find one issue.
  fileprivate var isSpecific: Bool {
    pieces.contains { piece in
      switch piece {
      case .variable(let name): name == "case"
      case .expression, .text: false
      }
    }
  }
}
