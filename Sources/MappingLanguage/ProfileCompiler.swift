import RichText
import SyncModel
import XML

/// A profile and what must be held against the connections that use it.
struct ProfileDraft: Sendable {
  var profile: CRMProfile
  /// The secrets that it uses, with the first place of each.
  var secrets: [String: SourcePosition]
}

/// Reads a `<profile>` document that its schema accepts.
struct ProfileCompiler {
  var findings: Findings
  var secrets: [String: SourcePosition] = [:]

  init(findings: Findings) { self.findings = findings }

  mutating func compile(_ root: XMLElement) -> ProfileDraft? {
    guard let name = root[attribute: "name"], let delivery = root.first("delivery") else { return nil }
    let rules = self.delivery(delivery)
    let text = self.text(root.first("text"))
    var apiCompiler = APICompiler(findings: findings)
    let api = root.first("api").map { apiCompiler.compile($0) }
    findings = apiCompiler.findings
    secrets.merge(apiCompiler.secrets) { first, _ in first }
    guard let rules else { return nil }
    return ProfileDraft(
      profile: CRMProfile(name: name, delivery: rules, text: text, api: api, file: findings.file), secrets: secrets)
  }

  private mutating func delivery(_ element: XMLElement) -> DeliveryRules? {
    let verification = (element.first("verify")?.elements ?? []).map { self.verification($0) }
    if verification.count > 1, verification.contains(.none), let verify = element.first("verify") {
      findings.error(
        "<none> beside another rule would let every delivery in; remove one", at: findings.position(verify))
    }
    let id = element.first("id")
    let digest = id.flatMap { findings.duration($0, "digest-for") }
    guard let eventElement = element.first("event"), let event = self.event(eventElement) else { return nil }
    var rules = DeliveryRules(
      format: findings.choice(element, "format", .json), verification: verification,
      idHeader: id?[attribute: "header"], event: event)
    rules.digestDeduplication = digest ?? rules.digestDeduplication
    if let accepted = element.first("accepted") {
      rules.accepted = AnswerRule(
        status: accepted[attribute: "status"].flatMap { Int($0) } ?? 202,
        contentType: accepted[attribute: "content-type"], body: accepted.text.isEmpty ? nil : accepted.text)
    }
    return rules
  }

  private mutating func verification(_ element: XMLElement) -> VerificationRule {
    let secret = element[attribute: "secret"] ?? "webhook"
    if element.name != "none", secrets[secret] == nil { secrets[secret] = findings.position(element) }
    let header = element[attribute: "header"] ?? ""
    switch element.name {
    case "standard-webhooks":
      return .standardWebhooks(secret: secret, tolerance: findings.duration(element, "tolerance") ?? .seconds(300))
    case "hmac":
      let timestamp = element.first("timestamp").map { stamp in
        VerificationRule.HMACRule.TimestampRule(
          header: stamp[attribute: "header"] ?? "", unit: findings.choice(stamp, "unit", .seconds),
          tolerance: findings.duration(stamp, "tolerance") ?? .seconds(300))
      }
      return .hmac(
        VerificationRule.HMACRule(
          header: header, algorithm: findings.choice(element, "algorithm", .sha256),
          encoding: findings.choice(element, "encoding", .hex), prefix: element[attribute: "prefix"] ?? "",
          secret: secret, timestamp: timestamp, separator: element[attribute: "separator"] ?? "."))
    case "shared-secret":
      return .sharedSecret(header: header, prefix: element[attribute: "prefix"] ?? "", secret: secret)
    default: return .none
    }
  }

  private mutating func event(_ element: XMLElement) -> EventRules? {
    let kinds = self.kinds(element.elements(named: "kind"))
    let comment = element.first("comment").map { findings.comments($0) }
    let attachments = element.first("attachments").flatMap { findings.attachments($0) }
    let select = findings.expression(element, "select")
    let caseNode = findings.expression(element, "case")
    let id = findings.expression(element, "id")
    let actor = findings.expression(element, "actor")
    let actorName = findings.expression(element, "actor-name")
    let actorEmail = findings.expression(element, "actor-email")
    let time = findings.expression(element, "time")
    guard let select, let caseNode, let id else { return nil }
    return EventRules(
      select: select, kinds: kinds, caseNode: caseNode, caseID: id, actorID: actor, actorName: actorName,
      actorEmail: actorEmail, occurredAt: time, comment: comment.flatMap { $0 },
      attachments: attachments)
  }

  private mutating func kinds(_ elements: [XMLElement]) -> [EventRules.KindRule] {
    var kinds: [EventRules.KindRule] = []
    for element in elements {
      if kinds.contains(where: { $0.condition.map { XPathTruth(of: $0)?.value == true } ?? true }) {
        findings.warning(
          "an earlier <kind> without when= takes every event, so this one never holds", at: findings.position(element))
      }
      let condition = findings.expression(element, "when")
      _ = findings.constant(element, "when", condition, "event")
      guard condition != nil || element.attribute("when") == nil else { continue }
      kinds.append(EventRules.KindRule(kind: findings.choice(element, "name", .updated), condition: condition))
    }
    return kinds
  }

  private mutating func text(_ element: XMLElement?) -> TextRules {
    guard let element else { return TextRules(markup: .plain, escapes: []) }
    let escapes = element.elements(named: "escape").map { escape in
      TextRules.Escape(from: escape[attribute: "from"] ?? "", to: escape[attribute: "to"] ?? "")
    }
    var rules = TextRules(markup: findings.choice(element, "markup", .plain), escapes: escapes)
    guard let mention = element.first("mention") else { return rules }
    let form = MentionForm(before: mention[attribute: "before"] ?? "", after: mention[attribute: "after"] ?? "")
    guard form.fits(rules.markup) else {
      findings.error(
        "\(form.text(of: "ID")) means something else in \(rules.markup.rawValue), or would be escaped on the way to "
          + "the CRM; leave <mention> out, and names stay text", at: findings.position(mention))
      return rules
    }
    rules.mention = form
    return rules
  }
}

extension Findings {
  mutating func attachments(_ element: XMLElement) -> EventRules.AttachmentRules? {
    let select = expression(element, "select")
    let id = expression(element, "id")
    let name = expression(element, "name")
    let type = expression(element, "type")
    let size = expression(element, "size")
    let address = expression(element, "address")
    let isPublic = expression(element, "public")
    guard let select, let id, let name else { return nil }
    return EventRules.AttachmentRules(
      select: select, id: id, name: name, type: type, size: size, address: address, isPublic: isPublic)
  }

  mutating func comments(_ element: XMLElement) -> EventRules.CommentRules? {
    let select = expression(element, "select")
    let id = expression(element, "id")
    let body = expression(element, "body")
    let isPublic = expression(element, "public")
    let author = expression(element, "author")
    guard let select, let id, let body, let isPublic else { return nil }
    return EventRules.CommentRules(select: select, id: id, body: body, isPublic: isPublic, authorName: author)
  }
}
