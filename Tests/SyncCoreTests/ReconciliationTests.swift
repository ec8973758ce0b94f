import CustomDump
import JSON
import MappingLanguage
import RichText
import SyncModel
import Testing

@testable import SyncCore

@Suite("Reconciling a link")
struct ReconciliationTests {
  typealias Base = FieldState.Base

  static func issue(priority: JSONValue = ["name": "High"], status: String = "To Do") -> JiraIssue {
    JiraIssue(
      id: "10001", key: "SUP-1", updated: Desk.time, status: status,
      fields: ["status": ["name": .string(status)], "priority": priority])
  }

  static func comment(
    _ id: CommentID = "20001", author: AccountID? = "acc-dana", isPublic: Bool = true
  ) -> JiraComment {
    JiraComment(
      id: id, author: author, authorName: "Dana Developer", created: Desk.time, updated: Desk.time,
      body: RichTextConversion.adf(fromPlain: "Fixed in 4.2"), isPublic: isPublic)
  }

  static func decide(
    _ desk: Desk, issue: JiraIssue = issue(), link: LinkState = Desk.link(), reading: CaseReading? = nil,
    comments: [JiraComment] = [], known: Set<CommentID> = [], people: People = People(),
    markup: RichTextFormat = .plain
  ) -> Reconciliation.Decision {
    Reconciliation(mapping: desk.mapping).decide(
      Reconciliation.Input(
        link: link, issue: issue, comments: comments, knownComments: known, reading: reading, people: people,
        markup: markup, authors: ["priority": "Dana Developer"]))
  }

  static func write(_ priority: String, _ jira: String, _ line: Int = 4) -> CaseEdit {
    CaseEdit(
      fields: [
        FieldWrite(
          key: "priority", payload: .string(priority), crm: .text(priority), jira: .text(jira), isTwoWay: true,
          place: "mapping.xml:\(line)")
      ], names: ["priority": "priority"], status: nil)
  }

  @Test("An issue at rest leads to nothing")
  func rest() throws {
    let desk = try Desk()
    #expect(Self.decide(desk) == Reconciliation.Decision())
    #expect(Reconciliation(mapping: desk.mapping).moved(Self.issue(), from: Desk.link()) == [])
    #expect(Reconciliation(mapping: desk.mapping).jiraFields == ["status", "updated", "priority"])
  }

  @Test("Only the fields that Jira moved are asked about")
  func moved() throws {
    let reconciliation = Reconciliation(mapping: try Desk().mapping)
    #expect(reconciliation.moved(Self.issue(status: "Done"), from: Desk.link()) == ["status"])
    #expect(reconciliation.moved(Self.issue(priority: ["name": "Medium"]), from: Desk.link()) == ["priority"])
  }

  @Test("What Jira changed is written to the case, under the name of who changed it")
  func writes() throws {
    let desk = try Desk()
    let decision = Self.decide(desk, issue: Self.issue(priority: ["name": "Medium"]), reading: try desk.reading())
    #expect(decision.operations.map(\.authorName) == ["Dana Developer"])
    #expect(decision.operations.map(\.actor) == [nil])
    guard case .writeCase(let edit)? = decision.operations.first?.call else {
      Issue.record("no write: \(decision)")
      return
    }
    #expect(edit.fields.map(\.key) == ["priority"])
    #expect(edit.fields.map(\.payload) == ["P3"])
    #expect(edit.names == ["priority": "priority"])
    #expect(edit.status == nil)
    #expect(decision.conflicts == [])
  }

  struct Clash: Sendable, CustomTestStringConvertible {
    var policy: String
    var conflicts: [Conflict]
    var writes: Int
    var testDescription: String { policy }

    init(_ policy: String, winner: Side?? = .none, writes: Int) {
      self.policy = policy
      conflicts =
        winner.map {
          [Conflict(field: "priority", winner: $0, crm: .text("P1"), jira: .text("Medium"))]
        } ?? []
      self.writes = writes
    }
  }

  @Test(
    "Where both sides moved, the policy decides and the value that lost is kept",
    arguments: [
      Clash("crm", writes: 0), Clash("jira", winner: .some(.jira), writes: 1),
      Clash("newest", winner: .some(.jira), writes: 1), Clash("ask", winner: .some(nil), writes: 0),
    ])
  func clash(_ clash: Clash) throws {
    let desk = try Desk(onConflict: clash.policy)
    // The CRM's value came with an event that was seen before Jira's change, and is on its way.
    var link = Desk.link(unsettled: ["priority"])
    link.fields["priority"]?.seenCRM = .text("P1")
    link.seenAt = Timestamp(seconds: 1_700_000_000)
    let decision = Self.decide(
      desk, issue: Self.issue(priority: ["name": "Medium"]), link: link, reading: try desk.reading(priority: "P1"))
    #expect(decision.conflicts == clash.conflicts)
    #expect(decision.operations.count == clash.writes)
    #expect(decision.bases == [:])
  }

  @Test("A change of the CRM's that had its turn in Jira waits for nothing more: what stands there now came after it")
  func hadItsTurn() throws {
    let desk = try Desk(onConflict: "newest")
    var link = Desk.link()
    link.fields["priority"]?.seenCRM = .text("P1")
    link.seenAt = Desk.time + .seconds(1_000_000)
    let decision = Self.decide(
      desk, issue: Self.issue(priority: ["name": "Medium"]), link: link, reading: try desk.reading(priority: "P1"))
    #expect(decision.operations.map(\.call.kind) == [.writeCase])
    #expect(
      decision.conflicts == [Conflict(field: "priority", winner: .jira, crm: .text("P1"), jira: .text("Medium"))])
  }

  @Test("Where both sides moved to the same value, that is the new base and nothing is written")
  func agree() throws {
    let desk = try Desk()
    let decision = Self.decide(
      desk, issue: Self.issue(priority: ["name": "Highest"]), reading: try desk.reading(priority: "P1"))
    #expect(
      diff(
        decision, Reconciliation.Decision(bases: ["priority": Base(crm: .text("P1"), jira: .text("Highest"))])) == nil)
  }

  @Test("A field without a base is the CRM's to give, unless the CRM has nothing there")
  func withoutBase() throws {
    let desk = try Desk()
    var link = Desk.link()
    link.fields["priority"] = nil
    #expect(Self.decide(desk, link: link, reading: try desk.reading(priority: "P1")).operations == [])
    #expect(Self.decide(desk, link: link, reading: try desk.reading(priority: "")).operations.count == 1)
  }

  // MARK: - Status

  @Test("A status moves with its own pair, and one that stands for the same Jira status is left as it is")
  func status() throws {
    let desk = try Desk()
    let done = Self.issue(status: "Done")
    let decision = Self.decide(desk, issue: done, reading: try desk.reading())
    guard case .writeCase(let edit)? = decision.operations.first?.call else {
      Issue.record("no write: \(decision)")
      return
    }
    #expect(edit.status?.payload == "Solved")
    #expect(edit.fields == [])
    let closed = Self.decide(desk, issue: done, reading: try desk.reading(status: "Closed"))
    #expect(
      diff(
        closed, Reconciliation.Decision(bases: ["status": Base(crm: .text("Closed"), jira: .text("Done"))])) == nil)
  }

  @Test("A Jira status without a pair leaves the case alone, and the note names the mapping's line")
  func unknownStatus() throws {
    let desk = try Desk()
    let decision = Self.decide(desk, issue: Self.issue(status: "Blocked"), reading: try desk.reading())
    #expect(decision.operations == [])
    #expect(decision.bases == [:])
    #expect(decision.notes.count == 1)
    #expect(decision.notes.first?.contains("'Blocked' has no <pair>") == true)
    #expect(decision.notes.first?.hasPrefix("mapping.xml:") == true)
  }

  @Test("A Jira priority without a pair stays in Jira")
  func unknownPriority() throws {
    let desk = try Desk()
    let decision = Self.decide(desk, issue: Self.issue(priority: ["name": "Trivial"]), reading: try desk.reading())
    #expect(decision.operations == [])
    #expect(decision.notes.count == 1)
  }

  // MARK: - Comments

  static func additions(_ decision: Reconciliation.Decision) -> [CaseCommentAddition] {
    decision.operations.compactMap { if case .addCaseComment(let addition) = $0.call { addition } else { nil } }
  }

  @Test("A Jira comment goes to the case once, under its author's name and with its marker")
  func comments() throws {
    let desk = try Desk()
    let decision = Self.decide(desk, comments: [Self.comment(), Self.comment("20000")], known: ["20000"])
    #expect(
      diff(
        decision.operations,
        [
          PlannedOperation(
            call: .addCaseComment(
              CaseCommentAddition(
                jiraComment: "20001", text: "Dana Developer (SUP-1): Fixed in 4.2", isPublic: true,
                marker: "[Jira SUP-1 comment 20001]",
                jiraText: CommentText.digest(ofJira: Self.comment().body, isPublic: true))), actor: nil,
            authorName: "Dana Developer")
        ]) == nil)
  }

  @Test("An author whom a grant knows goes by the CRM's name; one whom two share goes by Jira's")
  func authors() throws {
    let desk = try Desk()
    var grants = PeopleSource()
    grants.add(CRMUser(id: "9", name: "Dana from Support"), account: "acc-dana")
    func author() -> String? {
      Self.decide(desk, comments: [Self.comment()], people: People(grants: grants)).operations.first?.authorName
    }
    #expect(author() == "Dana from Support")
    grants.add(CRMUser(id: "10", name: "Somebody else"), account: "acc-dana")
    #expect(author() == "Dana Developer")
  }

  @Test(
    "A comment restricted in Jira is restricted in the CRM, or does not go over",
    arguments: [
      (#"<comments sync="both"/>"#, true, [true]), (#"<comments sync="both"/>"#, false, [false]),
      (#"<comments sync="both" internal="skip"/>"#, false, []),
      (#"<comments sync="both" public="internal"/>"#, true, [false]),
      (#"<comments sync="both" public="skip"/>"#, true, []),
      (#"<comments sync="to-jira"/>"#, true, []), ("", true, []),
    ] as [(String, Bool, [Bool])])
  func visibility(_ rule: String, _ isPublic: Bool, _ written: [Bool]) throws {
    let desk = try Desk(comments: rule)
    let decision = Self.decide(desk, comments: [Self.comment(isPublic: isPublic)])
    #expect(Self.additions(decision).map(\.isPublic) == written)
  }

  @Test("A name is never read as markup by a CRM that shows HTML")
  func hostileName() throws {
    let desk = try Desk()
    var comment = Self.comment()
    comment.author = nil
    comment.authorName = "<img src=x onerror=alert(1)>\"&"
    #expect(
      Self.additions(Self.decide(desk, comments: [comment], markup: .html)).map(\.text)
        == ["&lt;img src=x onerror=alert(1)&gt;&quot;&amp; (SUP-1): <p>Fixed in 4.2</p>"])
  }
}
