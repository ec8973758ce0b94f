import JSON
import SyncCore
import SyncModel
import Testing

@Suite("The case as it is when a write is carried out")
struct CaseNowTests {
  private static let base = FieldState.Base(crm: .text("P2"), jira: .text("High"))

  /// A link on whose priority both sides agree at P2, which Counterpart wrote over a P1.
  private static var link: LinkState {
    var link = Desk.link()
    link.fields["priority"] = FieldState(seenCRM: .text("P2"), base: base, replaced: .text("P1"))
    return link
  }

  @Test(
    "What became of a value that an event showed is told by what the case holds now and by what our write replaced",
    arguments: [
      ("P3", "P3", ValueFate.stands), ("P1", "P2", .replaced), ("P3", "P2", .overwritten), ("P1", "P4", .changedAgain),
      ("P3", "P4", .changedAgain),
    ])
  func fates(shown: String, now: String, fate: ValueFate) {
    #expect(Self.link.fate(of: "priority", .text(shown), now: .text(now)) == fate)
  }

  @Test("Where we never wrote the field, whatever else the case holds was entered since")
  func neverWritten() {
    let link = Desk.link()
    #expect(!link.isWrittenByUs("priority"))
    #expect(link.fate(of: "priority", .text("P3"), now: .text("P2")) == .changedAgain)
  }

  @Test("A write whose answer was lost counts as ours when the case holds its value")
  func lostAnswer() {
    var link = Desk.link()
    link.sentToCRM["priority"] = FieldState.Base(crm: .text("P3"), jira: .text("Medium"))
    #expect(link.isWrittenByUs("priority"))
    #expect(link.fate(of: "priority", .text("P1"), now: .text("P3")) == .overwritten)
    #expect(link.fate(of: "priority", .text("P2"), now: .text("P3")) == .replaced)
  }

  private static func write(_ key: FieldKey, _ crm: String) -> FieldWrite {
    FieldWrite(key: key, payload: .string(crm), crm: .text(crm), jira: .text("Medium"), isTwoWay: true, place: "m:1")
  }

  private static func edit(assuming crm: String?, _ base: FieldState.Base? = base) -> CaseEdit {
    CaseEdit(
      fields: [write("priority", "P3")], names: ["priority": "priority"], status: write("status", "Closed"),
      assumed: ["priority": CaseEdit.Assumption(crm: crm.map(FieldValue.text), base: base)])
  }

  @Test("A field is written while the case holds what was to be replaced, and one without an assumption always")
  func asAssumed() {
    let rest = Self.edit(assuming: "P2").remainder(now: { _ in .text("P2") }, fields: Self.link.fields)
    #expect(rest.edit == Self.edit(assuming: "P2"))
    #expect(rest.moved == [])
    #expect(rest.agreed == [:])
  }

  @Test("A field that the case holds already is agreed on without being sent")
  func alreadyThere() {
    let rest = Self.edit(assuming: "P2").remainder(now: { _ in .text("P3") }, fields: Self.link.fields)
    #expect(rest.edit.fields == [])
    #expect(rest.edit.status != nil)
    #expect(rest.agreed == ["priority": FieldState.Base(crm: .text("P3"), jira: .text("Medium"))])
  }

  @Test("A field that somebody changed in the case since is not written")
  func changedInCase() {
    let rest = Self.edit(assuming: "P2").remainder(now: { _ in .text("P1") }, fields: Self.link.fields)
    #expect(rest.edit.fields == [])
    #expect(rest.moved == ["priority"])
  }

  @Test("A field on which another write has agreed since is not written, whatever the case holds")
  func changedInIssue() {
    let old = FieldState.Base(crm: .text("P1"), jira: .text("Highest"))
    let rest = Self.edit(assuming: "P2", old).remainder(now: { _ in .text("P2") }, fields: Self.link.fields)
    #expect(rest.moved == ["priority"])
    #expect(!rest.isEmpty)
  }

  @Test("Where nobody could ask the case, the field is written")
  func unknown() {
    let rest = Self.edit(assuming: nil).remainder(now: { _ in nil }, fields: Self.link.fields)
    #expect(rest.edit.fields.count == 1)
  }

  @Test("An event that comes too late keeps what it shows to have stood there before our write replaced it")
  func tooLate() throws {
    let desk = try Desk()
    let reading = try desk.reading(priority: "P3")
    let plan = desk.plan(.updated, reading: reading, link: Self.link, at: Desk.time + .seconds(-1))
    #expect(plan.operations == [])
    #expect(
      plan.conflicts == [Conflict(field: "priority", winner: .jira, crm: .text("P3"), jira: .text("High"))])
    let old = try desk.reading(priority: "P1")
    #expect(desk.plan(.updated, reading: old, link: Self.link, at: Desk.time + .seconds(-1)).conflicts == [])
    #expect(desk.plan(.updated, reading: reading, link: Desk.link(), at: Desk.time + .seconds(-1)).conflicts == [])
  }
}
