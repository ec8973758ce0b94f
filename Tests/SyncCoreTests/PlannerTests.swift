import CustomDump
import JSON
import MappingLanguage
import RichText
import SyncCore
import SyncModel
import Testing

@Suite("Planning from an event")
struct PlannerTests {
  static let comment = CaseComment(id: "c1", body: "Customer called again", isPublic: true, authorName: "Rohit")

  static func additions(_ plan: Plan) -> [CommentAddition] {
    plan.operations.compactMap { if case .addComment(let comment) = $0.call { comment } else { nil } }
  }

  // MARK: - A new case

  @Test("A new case becomes one create, with its marker, its page and the status in which issues begin")
  func creates() throws {
    let desk = try Desk()
    let plan = try desk.plan(.created, reading: desk.reading(), link: nil)
    guard case .createIssue(let creation)? = plan.operations.first?.call, let first = creation.firstStatus else {
      Issue.record("no create: \(plan)")
      return
    }
    #expect(plan.operations.count == 1)
    #expect(plan.operations[0].actor == Desk.rohit)
    #expect(plan.newLink == Plan.NewLink(project: "SUP", issueType: "Task", label: "acme-42"))
    #expect([creation.project, creation.issueType, creation.label] == ["SUP", "Task", "acme-42"])
    #expect(
      diff(
        creation.property,
        ["connection": "acme", "case": "42", "mapping": "support", "url": "https://crm.example.com/cases/42"]) == nil)
    #expect(creation.fields.map(\.key) == ["summary", "priority"])
    #expect(creation.fields.map(\.payload) == ["Fails", ["name": "High"]])
    #expect([first.crm, first.jira] == [.text("New"), .text("To Do")])
    #expect(plan.seen == ["summary": .text("Fails"), "priority": .text("P2"), "status": .text("New")])
  }

  @Test("A new case that is further on is created and then moved there")
  func createsAndMoves() throws {
    let desk = try Desk()
    let plan = try desk.plan(.created, reading: desk.reading(status: "Solved"), link: nil)
    #expect(plan.operations.map(\.call.kind) == [.createIssue, .transitionIssue])
    #expect(
      plan.operations.last?.call
        == .transitionIssue(
          IssueTransition(
            status: "Done", resolution: "Done", crmStatus: "Solved", isTwoWay: true, place: "mapping.xml:10:5")))
  }

  @Test("A new case with a comment becomes a create and a comment")
  func createsWithComment() throws {
    let desk = try Desk()
    let plan = try desk.plan(.commented, reading: desk.reading(), link: nil, comment: Self.comment)
    #expect(plan.operations.map(\.call.kind) == [.createIssue, .addComment])
  }

  @Test("A case that no route takes is not mirrored, nor is its comment, and the notes say so")
  func unrouted() throws {
    let desk = try Desk()
    let plan = try desk.plan(.created, reading: desk.reading(kind: "sales"), link: nil, comment: Self.comment)
    #expect(diff(plan, Plan(notes: ["no route matches, so the case is not mirrored"])) == nil)
  }

  @Test("A linked case that no route takes any more is still kept in step")
  func unroutedLater() throws {
    let desk = try Desk()
    let plan = try desk.plan(.updated, reading: desk.reading(priority: "P1", kind: "sales"), link: Desk.link())
    #expect(plan.operations.map(\.call.kind) == [.editIssue])
  }

  @Test("A deleted case leaves its issue as it is")
  func deleted() throws {
    let desk = try Desk()
    let plan = try desk.plan(.deleted, reading: desk.reading(subject: ""), link: Desk.link())
    var expected = Plan(notes: ["the case was deleted in the CRM; the issue is left as it is"])
    expected.standing = .caseDeleted
    #expect(diff(plan, expected) == nil)
  }

  @Test("Without an actor the operation is nobody's: no grant is guessed")
  func anonymous() throws {
    let desk = try Desk()
    let plan = try desk.plan(.created, reading: desk.reading(), link: nil, actor: nil, comment: Self.comment)
    #expect(plan.operations.count == 2)
    #expect(plan.operations.allSatisfy { $0.actor == nil })
  }

  // MARK: - Changes

  @Test("An event that only comments plans that comment and nothing else")
  func commentOnly() throws {
    let desk = try Desk()
    let plan = try desk.plan(.commented, reading: desk.reading(), link: Desk.link(), comment: Self.comment)
    #expect(
      diff(
        plan.operations,
        [
          PlannedOperation(
            call: .addComment(
              CommentAddition(
                crmComment: "c1", body: RichTextConversion.adf(fromPlain: "Customer called again"), isInternal: false,
                marker: "acme/42/c1", crmText: CommentText.digest(ofCRM: "Customer called again", isPublic: true),
                crmIsPublic: true)), actor: Desk.rohit)
        ]) == nil)
  }

  @Test("A change plans one edit that carries the changed fields and no other")
  func changesOnly() throws {
    let desk = try Desk()
    let plan = try desk.plan(.updated, reading: desk.reading(subject: "Fails twice"), link: Desk.link())
    guard case .editIssue(let edit)? = plan.operations.first?.call else {
      Issue.record("no edit: \(plan)")
      return
    }
    #expect(plan.operations.count == 1)
    #expect(edit.fields.map(\.key) == ["summary"])
    #expect(edit.fields.map(\.payload) == ["Fails twice"])
    #expect(edit.fields.map(\.isTwoWay) == [false])
  }

  @Test("Fields go in one edit, the status in a transition, the comment last")
  func everythingAtOnce() throws {
    let desk = try Desk()
    let plan = try desk.plan(
      .updated, reading: desk.reading(subject: "Fails twice", priority: "P1", status: "Working"), link: Desk.link(),
      comment: Self.comment)
    #expect(plan.operations.map(\.call.kind) == [.editIssue, .transitionIssue, .addComment])
    #expect(plan.operations[0].call.fieldKeys == ["summary", "priority"])
  }

  @Test("An event that changes nothing says that it changes nothing")
  func nothing() throws {
    let desk = try Desk()
    let plan = try desk.plan(.updated, reading: desk.reading(), link: Desk.link())
    #expect(plan.operations == [])
    #expect(plan.notes == ["nothing changed that Jira needs to know"])
  }

  @Test("Of an event older than what was seen, only the comment counts")
  func older() throws {
    let desk = try Desk()
    let plan = try desk.plan(
      .updated, reading: desk.reading(subject: "As it was", status: "Working"), link: Desk.link(),
      at: Desk.time - .milliseconds(1), comment: Self.comment)
    #expect(plan.operations.map(\.call.kind) == [.addComment])
    #expect(plan.seen == nil)
    #expect(plan.notes == ["a newer event of this case was seen already, so only the comment of this one counts"])
  }

  @Test("An event of the same moment is taken over")
  func sameMoment() throws {
    let desk = try Desk()
    let plan = try desk.plan(.updated, reading: desk.reading(priority: "P1"), link: Desk.link())
    #expect(plan.operations.map(\.call.kind) == [.editIssue])
  }

  @Test("A value without a pair is not sent, and the note names the mapping's line")
  func untranslatable() throws {
    let desk = try Desk()
    let plan = try desk.plan(.updated, reading: desk.reading(subject: "Other", priority: "P9"), link: Desk.link())
    #expect(plan.operations.map(\.call.fieldKeys) == [["summary"]])
    #expect(plan.notes.count == 1)
    #expect(plan.notes.first?.hasPrefix("mapping.xml:4") == true)
    #expect(plan.notes.first?.contains("'P9' has no <pair>") == true)
  }

  @Test("A CRM status without a pair leaves the issue's status alone")
  func unknownStatus() throws {
    let desk = try Desk()
    #expect(try desk.plan(.updated, reading: desk.reading(status: "Parked"), link: Desk.link()).operations == [])
  }

  // MARK: - Echoes

  @Test("The echo of our own comment plans nothing")
  func commentEcho() throws {
    let desk = try Desk()
    let echo = CaseComment(
      id: "c2", body: "Dana (SUP-1): fixed\n" + EchoGuard.marker(issue: "SUP-1", comment: "10001"), isPublic: true,
      authorName: "API")
    let plan = try desk.plan(.commented, reading: desk.reading(), link: Desk.link(), comment: echo)
    #expect(plan.operations == [])
  }

  @Test("A change taken back to what both sides agreed on plans nothing")
  func takenBack() throws {
    let desk = try Desk()
    var link = Desk.link()
    link.fields["priority"]?.seenCRM = .text("P1")
    link.fields["status"]?.seenCRM = .text("Working")
    #expect(try desk.plan(.updated, reading: desk.reading(), link: link).operations == [])
  }

  @Test("A change taken back while it is on its way to Jira is sent after it")
  func takenBackTooLate() throws {
    let desk = try Desk()
    var link = Desk.link(unsettled: ["priority", "status"])
    link.fields["priority"]?.seenCRM = .text("P1")
    link.fields["status"]?.seenCRM = .text("Working")
    let plan = try desk.plan(.updated, reading: desk.reading(), link: link)
    #expect(plan.operations.map(\.call.kind) == [.editIssue, .transitionIssue])
    #expect(plan.operations.first?.call.agreedBases["priority"]?.jira == .text("High"))
  }

  // MARK: - Who may read a comment

  struct Visibility: Sendable, CustomTestStringConvertible {
    var rule: String
    var isPublic: Bool
    /// Nil: it does not go over.
    var isInternal: Bool?
    var testDescription: String { "\(rule), \(isPublic ? "public" : "internal")" }
  }

  static let visibilities = [
    Visibility(rule: #"<comments sync="both"/>"#, isPublic: true, isInternal: false),
    Visibility(rule: #"<comments sync="both"/>"#, isPublic: false, isInternal: true),
    Visibility(rule: #"<comments sync="both" internal="skip"/>"#, isPublic: false, isInternal: nil),
    Visibility(rule: #"<comments sync="both" public="internal"/>"#, isPublic: true, isInternal: true),
    Visibility(rule: #"<comments sync="both" public="skip"/>"#, isPublic: true, isInternal: nil),
    Visibility(rule: #"<comments sync="to-crm"/>"#, isPublic: true, isInternal: nil),
    Visibility(rule: "", isPublic: true, isInternal: nil),
  ]

  @Test("An internal comment becomes internal or nothing", arguments: visibilities)
  func visibility(_ row: Visibility) throws {
    let desk = try Desk(comments: row.rule)
    var comment = Self.comment
    comment.isPublic = row.isPublic
    let plan = try desk.plan(.commented, reading: desk.reading(), link: Desk.link(), comment: comment)
    #expect(Self.additions(plan).map(\.isInternal) == [row.isInternal].compactMap { $0 })
  }

  @Test("An internal comment stays internal even under a rule that the compiler would refuse")
  func failsClosed() throws {
    let desk = try Desk()
    var mapping = desk.mapping
    mapping.comments?.whenInternal = .public
    var comment = Self.comment
    comment.isPublic = false
    let plan = Planner(mapping: mapping).plan(
      Planner.Input(
        event: CaseEvent(kind: .commented, caseID: "42", actor: nil, occurredAt: nil, comment: comment),
        reading: try desk.reading(), connection: "acme", markup: .plain, caseURL: nil, link: Desk.link(),
        people: People()))
    #expect(Self.additions(plan).map(\.isInternal) == [true])
  }

  @Test("A prefix names the author as text, whatever characters the name has")
  func prefix() throws {
    let desk = try Desk(comments: #"<comments sync="both" prefix-jira="{$author}: "/>"#)
    let comment = CaseComment(id: "c1", body: "<p>hi</p>", isPublic: true, authorName: "A <b>B</b> & C")
    let plan = try desk.plan(
      .commented, reading: desk.reading(), link: Desk.link(), comment: comment, markup: .html)
    #expect(
      Self.additions(plan).map { RichTextConversion.plain(fromADF: $0.body).split(separator: "\n").first }
        == ["A <b>B</b> & C:"])
  }
}
