import CRMClient
import CustomDump
import MappingLanguage
import SyncCore
import SyncModel
import Testing
import Wire

@Suite("Profiles that ship")
struct ShippedProfileTests {
  private func profile(_ name: String) throws -> CRMProfile {
    let path = "crm/\(name).xml"
    let file = SourceFile(path: path, bytes: try Profiles.file("mappings/\(path)"))
    let compiled = MappingSet.compile(files: [file])
    #expect(diff(compiled.diagnostics.filter { $0.severity == .error }, []) == nil)
    return try #require(compiled.set?.profiles[name])
  }

  @Test("The profile of django-helpdesk reads what the program really sends", arguments: DeliveryReaderTests.helpdesk)
  func helpdesk(recorded: DeliveryReaderTests.Recorded) throws {
    let body = try Profiles.delivery("django-helpdesk/\(recorded.path).json")
    let delivery = try DeliveryReader.read(body: body, rules: try profile("django-helpdesk").delivery)
    #expect(diff(delivery.events.map(\.event), recorded.events) == nil)
  }

  @Test("The neutral profile reads the neutral format", arguments: DeliveryReaderTests.generic)
  func generic(recorded: DeliveryReaderTests.Recorded) throws {
    let body = try Profiles.delivery("generic/\(recorded.path).json")
    let delivery = try DeliveryReader.read(body: body, rules: try profile("generic").delivery)
    #expect(diff(delivery.events.map(\.event), recorded.events) == nil)
  }

  @Test("Changed and deleted comments and files are read; of a deleted comment its id is enough")
  func commentsAndFiles() throws {
    let body = try Profiles.delivery("generic/comments-and-files.json")
    let delivery = try DeliveryReader.read(body: body, rules: try profile("generic").delivery)
    let mark = CRMUser(id: "mark", name: "Mark Meyer", email: "mark@example.com")
    func event(
      _ kind: CaseEvent.Kind, _ second: Int64, comment: CaseComment? = nil, files: [CaseAttachment] = []
    ) -> CaseEvent {
      CaseEvent(
        kind: kind, caseID: "C-17", actor: mark,
        occurredAt: Timestamp("2026-11-02T11:00:00Z").map { $0 + .seconds(second) }, comment: comment,
        attachments: files)
    }
    let expected = [
      event(
        .commentUpdated, 0,
        comment: CaseComment(
          id: "4711", body: "We could not reproduce this.", isPublic: true, authorName: "Mark Meyer")),
      event(.commentDeleted, 1, comment: CaseComment(id: "4711", body: "", isPublic: false, authorName: nil)),
      event(
        .attached, 2,
        files: [
          CaseAttachment(id: "f1", name: "invoice.pdf", type: "application/pdf", size: 20_311),
          CaseAttachment(id: "f2", name: "notes.txt", isPublic: false),
        ]),
    ]
    #expect(diff(delivery.events.map(\.event), expected) == nil)
  }

  @Test("The neutral profile changes and deletes comments, and fetches files")
  func changes() throws {
    let requests = CRMRequests(
      profile: try profile("generic"), base: "https://crm.example.com/v1", secrets: { _ in [Secret("s3cret")] })
    let edit = CaseCommentEdit(
      comment: CaseCommentAddition(jiraComment: "1", text: "a", isPublic: false, marker: ""), crmText: "")
    let edited = try requests.request(for: edit, comment: "c/1", case: "7")
    #expect(edited.url == "https://crm.example.com/v1/api/cases/7/comments/c%2F1")
    #expect(edited.body == Array(#"{"body":"a","public":false}"#.utf8))
    let deleted = try requests.deletion(of: "c1", case: "7")
    #expect(deleted.method == .delete)
    #expect(deleted.url == "https://crm.example.com/v1/api/cases/7/comments/c1")
    var file = AttachmentAddition(
      crmAttachment: "f1", name: "a", type: "a/b", size: nil, address: nil, limitBytes: 1, place: "")
    let fetched = try requests.content(of: file, case: "7")
    #expect(fetched.url == "https://crm.example.com/v1/api/cases/7/attachments/f1")
    #expect(fetched.header("Accept") == "*/*")
    file.address = "/files/f1?v=2"
    #expect(try requests.content(of: file, case: "7").url == "https://crm.example.com/files/f1?v=2")
    file.address = "HTTPS://crm.example.com:443/files/f1"
    #expect(try requests.content(of: file, case: "7").header("Authorization") == "Bearer s3cret")
    for address in [
      "http://crm.example.com/f1", "//evil.example.com", "https://crm.example.com@evil.example.com/f1",
      "https://crm.example.com.evil.example.com/", "/\\evil.example.com/f1", "ftp://crm.example.com/f1", "f1", "",
    ] {
      file.address = address
      #expect(throws: CallFailure.rejected("the file's address is not on the CRM's own host", fields: [:])) {
        try requests.content(of: file, case: "7")
      }
    }
  }

  @Test("The profile of django-helpdesk writes comments that its templates leave alone")
  func helpdeskComment() throws {
    let requests = CRMRequests(
      profile: try profile("django-helpdesk"), base: "https://crm.example.com", secrets: { _ in [Secret("s3cret")] })
    let comment = CaseCommentAddition(
      jiraComment: "1", text: "a {{b}}", isPublic: false, marker: "[counterpart:op-1]")
    #expect(
      diff(
        try requests.request(for: comment, case: "7"),
        WireRequest(
          .post, "https://crm.example.com/api/followups/",
          headers: [
            WireHeader("Authorization", "Token s3cret"), WireHeader("Content-Type", "application/json"),
            WireHeader("Accept", "application/json"),
          ],
          body: Array(#"{"ticket":7,"comment":"a {{'{{'}}b}}\n[counterpart:op-1]","public":false}"#.utf8))) == nil)
  }
}
