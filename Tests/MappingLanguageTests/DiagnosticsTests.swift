import CustomDump
import Foundation
import MappingLanguage
import SyncModel
import Testing

@Suite("Findings of the compiler")
struct DiagnosticsTests {
  @Test("There are broken documents to compile")
  func exist() { #expect(MappingFolders.brokenNames().count >= 15) }

  /// To make a golden file again, delete it and run this: it is written, and the test fails once.
  @Test("A broken document gets exactly the findings beside it", arguments: MappingFolders.brokenNames())
  func golden(_ name: String) throws {
    let broken = try MappingFolders.file("fixtures/mapping-diagnostics/\(name).xml", as: "broken.xml")
    let result = MappingSet.compile(files: try MappingFolders.base() + [broken])
    let text = result.diagnostics.map { "\($0)\n" }.joined()
    let expected = MappingFolders.diagnostics.appending(path: "\(name).expected")
    guard FileManager.default.fileExists(atPath: expected.path()) else {
      try Data(text.utf8).write(to: expected)
      Issue.record("\(name).expected was missing and is written now; read it")
      return
    }
    #expect(diff(text, String(decoding: try Data(contentsOf: expected), as: UTF8.self)) == nil)
    let hasError = result.diagnostics.contains { $0.severity == .error }
    #expect((result.set == nil) == hasError)
  }

  @Test("A literal secret is refused and not repeated")
  func literalSecret() throws {
    let broken = try MappingFolders.file("fixtures/mapping-diagnostics/literal-secret.xml", as: "broken.xml")
    let result = MappingSet.compile(files: try MappingFolders.base() + [broken])
    #expect(!result.diagnostics.contains { $0.message.contains("MfKQ9r8") })
  }

  @Test("A mapping without a profile's requests may not write the CRM")
  func missingRequests() throws {
    let profile = try MappingFolders.file("fixtures/mapping-diagnostics/read-only-profile.xml", as: "crm/read-only.xml")
    let files = [
      profile, try MappingFolders.file("mappings/example-site.xml", as: "site.xml"),
      SourceFile(
        path: "crm.xml",
        bytes: Array(
          """
          <crm xmlns="urn:counterpart:crm:1" name="acme" profile="read-only" jira="acme-cloud">
            <secret name="webhook" from="env:A"/>
          </crm>
          """.utf8)),
      try MappingFolders.file("mappings/example-mapping.xml", as: "mapping.xml"),
    ]
    let request = { (line: String, purpose: String, name: String) in
      "mapping.xml:\(line): error: \(purpose) needs the request \(name), which the profile 'read-only' does not describe"
    }
    #expect(
      diff(
        MappingSet.compile(files: files).diagnostics.map(\.description),
        [
          request("2:1", "writing the issue key to the CRM", "set-fields"),
          request("8:3", "writing 'priority' to the CRM", "get-case"),
          request("8:3", "writing 'priority' to the CRM", "set-fields"),
          request("16:3", "writing the status to the CRM", "get-case"),
          request("16:3", "writing the status to the CRM", "set-status"),
          request("22:3", "taking comments to the CRM", "add-comment"),
          request("22:3", "taking comments to the CRM", "list-comments"),
          "mapping.xml:22:3: error: the profile 'read-only' does not say where a delivery's comment is, so none can go to "
            + "Jira",
          "mapping.xml:23:3: error: the profile 'read-only' does not say where a delivery's attachments are, so none can "
            + "go to Jira",
        ]) == nil)
  }

  @Test("What is shipped compiles without a finding")
  func shipped() throws {
    let result = MappingSet.compile(files: try MappingFolders.shipped())
    #expect(diff(result.diagnostics.map(\.description), []) == nil)
    let set = try #require(result.set)
    #expect(set.mappings.map(\.name) == ["acme-support", "helpdesk-support"])
    #expect(set.profile(of: "helpdesk")?.name == "django-helpdesk")
    #expect(set.site(of: "acme")?.url == "https://acme.atlassian.net")
  }

  @Test("Only XML files of the folder and of crm/ count")
  func paths() {
    let paths = ["a.xml", "crm/b.xml", "c.xsd", "x/d.xml", "crm/x/e.xml", ".f.xml", ".xml", "crm/.g.xml"]
    #expect(paths.filter(SourceFile.counts) == ["a.xml", "crm/b.xml"])
  }
}
