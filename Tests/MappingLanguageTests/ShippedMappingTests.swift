import Crypto
import CustomDump
import JSON
import MappingLanguage
import SyncModel
import Testing
import XML

@Suite("The shipped profiles and mappings over deliveries")
struct ShippedMappingTests {
  static let helpdesk = """
    {"ticket": {"id": 5, "title": "Printer burns", "description": "It smokes.", "submitter_email": null, "status": 3,
      "priority": 2, "followup_set": [
        {"id": 11, "user": 2, "title": "Opened", "comment": "It smokes.", "public": true, "date": "2026-11-23T10:00:00Z"},
        {"id": 12, "user": 3, "title": "Note", "comment": "Call them", "public": false, "date": "2026-11-23T11:00:00Z"}]},
     "queue_slug": "q"FOLLOWUP}
    """

  private func set() throws -> MappingSet {
    try #require(MappingSet.compile(files: try MappingFolders.shipped()).set)
  }

  private func document(_ json: String) throws -> XPathDocument {
    XPathDocument(json: try JSONReader.read(json), root: "delivery")
  }

  /// What a profile reads from a delivery's first event, as one line.
  private func summary(_ rules: EventRules, _ document: XPathDocument) throws -> [String] {
    let event = try #require(try document.nodes(rules.select, at: document.root).first)
    let kind = try rules.kinds.first { try $0.condition.map { try document.boolean($0, at: event) } ?? true }
    let caseNode = try #require(try document.nodes(rules.caseNode, at: event).first)
    var facts = [kind?.kind.rawValue ?? "none", try document.string(rules.caseID, at: caseNode)]
    facts.append(try rules.actorID.map { try document.string($0, at: event) } ?? "")
    facts.append(try rules.occurredAt.map { try document.string($0, at: event) } ?? "")
    if let comment = rules.comment, let node = try document.nodes(comment.select, at: event).first {
      facts.append(try document.string(comment.id, at: node))
      facts.append(try document.string(comment.body, at: node))
      facts.append(try document.boolean(comment.isPublic, at: node) ? "public" : "internal")
    }
    return facts
  }

  @Test("A new helpdesk ticket is its first follow-up's user's, and no comment")
  func newTicket() throws {
    let rules = try #require(try set().profiles["django-helpdesk"]).delivery.event
    let document = try document(Self.helpdesk.replacing("FOLLOWUP", with: ""))
    #expect(try summary(rules, document) == ["created", "5", "2", "2026-11-23T10:00:00Z"])
  }

  @Test("A helpdesk follow-up is its user's comment, internal when it is private")
  func followUp() throws {
    let rules = try #require(try set().profiles["django-helpdesk"]).delivery.event
    let document = try document(Self.helpdesk.replacing("FOLLOWUP", with: ", \"followup_id\": 12"))
    #expect(
      try summary(rules, document)
        == ["commented", "5", "3", "2026-11-23T11:00:00Z", "12", "Call them", "internal"])
  }

  @Test("The helpdesk's list of comments leaves out the follow-up that repeats the description")
  func listComments() throws {
    let rules = try #require(
      try set().profiles["django-helpdesk"]?.api?.requests[.listComments]?.comments)
    let json = try #require(try JSONReader.read(Self.helpdesk.replacing("FOLLOWUP", with: ""))["ticket"])
    let document = XPathDocument(json: json, root: "answer")
    let nodes = try document.nodes(rules.select, at: document.root)
    #expect(try nodes.map { try document.string(rules.id, at: $0) } == ["12"])
  }

  @Test("The helpdesk mapping composes summary and description and takes 3 for done")
  func helpdeskMapping() throws {
    let set = try set()
    let mapping = try #require(set.mapping("helpdesk-support"))
    let document = try document(Self.helpdesk.replacing("FOLLOWUP", with: ""))
    let node = try #require(try document.nodes(XPathExpression("ticket"), at: document.root).first)
    let reading = try mapping.read(document, caseNode: node, connection: "helpdesk", caseID: "5")
    #expect(
      diff(
        reading,
        CaseReading(
          route: mapping.routes[0],
          values: [
            "summary": .text("[5] Printer burns"),
            "description": .text("It smokes.\n\nReported by somebody without an e-mail address"),
            "priority": .text("2"),
          ], status: .text("3"), label: "helpdesk-5")) == nil)
    #expect(
      mapping.status?.jiraStatus(forCRM: reading.status) == .success(JiraStatus(name: "Done", resolution: "Done")))
    let file = try MappingFolders.file("mappings/example-helpdesk-mapping.xml")
    let digest = SHA256.hash(data: file.bytes).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
    #expect(mapping.digest == digest.joined())
  }

  static let generic = """
    {"events": [{"id": "e1", "type": "case.commented", "time": "2026-11-23T13:11:31Z",
      "actor": {"id": "7", "name": "Rohit", "email": "rohit@example.com"},
      "case": {"id": "C 41", "subject": "Hi", "product": "Billing", "priority": "P1", "status": "New"},
      "comment": {"id": "c1", "body": "Text", "public": true, "author": "Rohit"}}]}
    """

  @Test("A delivery in the neutral format is read, routed and labelled")
  func genericDelivery() throws {
    let set = try set()
    let rules = try #require(set.profiles["generic"]).delivery.event
    let document = try document(Self.generic)
    #expect(
      try summary(rules, document) == ["commented", "C 41", "7", "2026-11-23T13:11:31Z", "c1", "Text", "public"])
    let node = try #require(try document.nodes(XPathExpression("events/case"), at: document.root).first)
    let mapping = try #require(set.mapping("acme-support"))
    let reading = try mapping.read(document, caseNode: node, connection: "acme", caseID: "C 41")
    #expect(reading.route?.project == "BILL")
    #expect(reading.label == "acme-C-41")
    #expect(reading.values["description"] == nil && reading.absent["description"] == .empty)
  }

  @Test("A request's path percent-encodes what is put into it")
  func requestPath() throws {
    let path = try #require(try set().profiles["generic"]?.api?.requests[.addComment]?.path)
    #expect(try path.text(variables: ["case": "a/b"]) { $0.replacing("/", with: "%2F") } == "/api/cases/a%2Fb/comments")
    #expect(throws: TemplateError.self) { try path.text(variables: [:]) }
  }
}
