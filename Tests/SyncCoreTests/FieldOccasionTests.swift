import JSON
import MappingLanguage
import SyncCore
import SyncModel
import Testing

@Suite("When a field is written")
struct FieldOccasionTests {
  static func writes(_ plan: Plan) -> [FieldKey: JSONValue] {
    var writes: [FieldKey: JSONValue] = [:]
    for operation in plan.operations {
      switch operation.call {
      case .createIssue(let creation): for field in creation.fields { writes[field.key] = field.payload }
      case .editIssue(let edit): for field in edit.fields { writes[field.key] = field.payload }
      default: continue
      }
    }
    return writes
  }

  @Test("A field for new issues is written with the issue and never again")
  func onlyNew() throws {
    let desk = try Desk(fields: #"<field jira="customfield_1" crm="origin" on="new"/>"#)
    let first = try desk.reading(of: ["kind": "support", "subject": "Fails", "origin": "mail"])
    #expect(Self.writes(desk.plan(.created, reading: first, link: nil))["customfield_1"] == "mail")
    let second = try desk.reading(of: ["kind": "support", "subject": "Works", "origin": "phone"])
    #expect(Self.writes(desk.plan(.updated, reading: second, link: Desk.link())) == ["summary": "Works"])
  }

  @Test("A delivery that does not name a field changes nothing of it, and a new issue gets the default")
  func absent() throws {
    let desk = try Desk(fields: #"<field jira="customfield_1" crm="origin" default="unknown"/>"#)
    let partial = try desk.reading(of: ["kind": "support", "subject": "Works"])
    let plan = desk.plan(.updated, reading: partial, link: Desk.link())
    #expect(Self.writes(plan) == ["summary": "Works"])
    #expect(plan.seen == ["summary": .text("Works")])
    #expect(Self.writes(desk.plan(.created, reading: partial, link: nil))["customfield_1"] == "unknown")
  }

  @Test("An empty value that the mapping leaves alone is not written")
  func leftAlone() throws {
    let desk = try Desk(fields: #"<field jira="customfield_1" crm="origin" when-empty="leave"/>"#)
    let reading = try desk.reading(of: ["kind": "support", "subject": "Works", "origin": ""])
    #expect(Self.writes(desk.plan(.updated, reading: reading, link: Desk.link())) == ["summary": "Works"])
  }
}
