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
    let delivery = try DeliveryReader.read(body: body, rules: try profile("django-helpdesk").delivery, headers: [])
    #expect(diff(delivery.events.map(\.event), recorded.events) == nil)
  }

  @Test("The neutral profile reads the neutral format", arguments: DeliveryReaderTests.generic)
  func generic(recorded: DeliveryReaderTests.Recorded) throws {
    let body = try Profiles.delivery("generic/\(recorded.path).json")
    let delivery = try DeliveryReader.read(body: body, rules: try profile("generic").delivery, headers: [])
    #expect(diff(delivery.events.map(\.event), recorded.events) == nil)
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
