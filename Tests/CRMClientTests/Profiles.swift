import CRMClient
import FoundationEssentials
import MappingLanguage
import RichText
import SyncModel
import Wire
import XML

/// Profiles that the tests construct, and the recorded deliveries that they read.
enum Profiles {
  /// A follow-up comment of django-helpdesk: looked up by the id that stands beside the ticket.
  private static func helpdeskComment() throws -> EventRules.CommentRules {
    EventRules.CommentRules(
      select: try XPathExpression("ticket/followup_set[id = ../../followup_id]"),
      id: try XPathExpression("id"), body: try XPathExpression("comment"),
      isPublic: try XPathExpression("public = 'true'"), authorName: nil)
  }

  static func helpdesk() throws -> CRMProfile {
    let delivery = DeliveryRules(
      format: .json, verification: [.none], idHeader: nil,
      event: EventRules(
        select: try XPathExpression("."),
        kinds: [
          EventRules.KindRule(kind: .created, condition: try XPathExpression("not(followup_id)")),
          EventRules.KindRule(kind: .commented, condition: nil),
        ],
        caseNode: try XPathExpression("ticket"), caseID: try XPathExpression("id"),
        actorID: try XPathExpression(
          "default(ticket/followup_set[id = ../../followup_id]/user, "
            + "ticket[not(../followup_id)]/followup_set[1]/user)"),
        actorName: nil, actorEmail: nil,
        occurredAt: try XPathExpression("ticket/followup_set[last()]/date"), comment: try helpdeskComment()))
    return CRMProfile(
      name: "django-helpdesk", delivery: delivery,
      text: TextRules(
        markup: .plain, escapes: [.init(from: "{{", to: "{{'{{'}}"), .init(from: "{#", to: "{{'{#'}}")]),
      api: try helpdeskAPI(), file: "crm/django-helpdesk.xml")
  }

  private static func helpdeskAPI() throws -> APIRules {
    let ticket = template("/api/tickets/", .variable("case"), "/")
    let list = EventRules.CommentRules(
      select: try XPathExpression("followup_set"), id: try XPathExpression("id"), body: try XPathExpression("comment"),
      isPublic: try XPathExpression("public = 'true'"), authorName: nil)
    return APIRules(
      headers: [HeaderRule(name: "Authorization", value: template("Token ", .variable("api")))],
      requests: [
        .getCase: RequestRule(
          method: .get, path: ticket, headers: [], body: nil, answerID: nil, caseNode: nil, comments: nil),
        .setFields: RequestRule(
          method: .patch, path: ticket, headers: [], body: .object([.fields]), answerID: nil, caseNode: nil,
          comments: nil),
        .setStatus: RequestRule(
          method: .post, path: template("/api/followups/"), headers: [],
          body: .object([
            .value(name: "ticket", .number(template(.variable("case")))),
            .value(name: "new_status", .number(template(.variable("status")))),
          ]), answerID: nil, caseNode: nil, comments: nil),
        .addComment: RequestRule(
          method: .post, path: template("/api/followups/"), headers: [],
          body: .object([
            .value(name: "ticket", .number(template(.variable("case")))),
            .value(name: "comment", .string(template(.variable("text")))),
            .value(name: "public", .boolean(template(.variable("public")))),
          ]), answerID: try XPathExpression("id"), caseNode: nil, comments: nil),
        .listComments: RequestRule(
          method: .get, path: ticket, headers: [], body: nil, answerID: nil, caseNode: nil, comments: list),
      ])
  }

  /// The neutral format.
  static func generic() throws -> CRMProfile {
    func kind(_ kind: CaseEvent.Kind, _ type: String) throws -> EventRules.KindRule {
      EventRules.KindRule(kind: kind, condition: try XPathExpression("type = '\(type)'"))
    }
    let event = EventRules(
      select: try XPathExpression("events"),
      kinds: [
        try kind(.created, "case.created"), try kind(.updated, "case.updated"), try kind(.commented, "case.commented"),
        try kind(.deleted, "case.deleted"),
      ],
      caseNode: try XPathExpression("case"), caseID: try XPathExpression("id"),
      actorID: try XPathExpression("actor/id"), actorName: try XPathExpression("actor/name"),
      actorEmail: try XPathExpression("actor/email"), occurredAt: try XPathExpression("time"),
      comment: EventRules.CommentRules(
        select: try XPathExpression("comment"), id: try XPathExpression("id"), body: try XPathExpression("body"),
        isPublic: try XPathExpression("public"), authorName: try XPathExpression("author")))
    return CRMProfile(
      name: "generic",
      delivery: DeliveryRules(
        format: .json, verification: [.standardWebhooks(secret: "webhook", tolerance: .seconds(300))],
        idHeader: "webhook-id", event: event),
      text: TextRules(markup: .plain, escapes: []), api: nil, file: "crm/generic.xml")
  }

  /// A template from literals and variables, as the compiler makes them.
  static func template(_ pieces: TemplatePiece...) -> Template {
    Template(source: pieces.map(\.source).joined(), pieces: pieces.map(\.piece))
  }

  /// The bytes of a recorded delivery under fixtures/deliveries.
  static func delivery(_ path: String) throws -> [UInt8] { try file("fixtures/deliveries/" + path) }

  /// The bytes of a file of the project.
  static func file(_ path: String) throws -> [UInt8] {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return Array(try Data(contentsOf: URL(filePath: root + "/" + path)))
  }
}

/// A piece of a template under construction.
enum TemplatePiece: ExpressibleByStringLiteral {
  case literal(String)
  case variable(String)

  init(stringLiteral value: String) { self = .literal(value) }

  var piece: Template.Piece {
    switch self {
    case .literal(let text): .text(text)
    case .variable(let name): .variable(name)
    }
  }

  var source: String {
    switch self {
    case .literal(let text): text
    case .variable(let name): "{$\(name)}"
    }
  }
}
