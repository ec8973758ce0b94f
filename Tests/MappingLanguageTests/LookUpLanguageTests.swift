import CustomDump
import MappingLanguage
import SyncModel
import Testing
import XML

@Suite("Looking up people, as the language has it")
struct LookUpLanguageTests {
  private static func file(_ path: String, _ text: String) -> SourceFile {
    SourceFile(path: path, bytes: Array(text.utf8))
  }

  private static func connection(_ attributes: String, profile: String = "generic") -> SourceFile {
    file(
      "crm.xml",
      """
      <crm xmlns="urn:counterpart:crm:1" name="acme" profile="\(profile)" base="https://crm.acme.example"
          jira="acme-cloud" \(attributes)>
        <secret name="webhook" from="env:A"/><secret name="api" from="env:B"/>
      </crm>
      """)
  }

  private static func compile(_ files: SourceFile...) throws -> (set: MappingSet?, findings: [String]) {
    let result = MappingSet.compile(files: files)
    return (result.set, result.diagnostics.map(\.description))
  }

  private static func generic() throws -> SourceFile {
    try MappingFolders.file("mappings/crm/generic.xml", as: "crm/generic.xml")
  }

  private static func site() throws -> SourceFile {
    try MappingFolders.file("mappings/example-site.xml", as: "site.xml")
  }

  @Test("A connection looks up people only where it says so", arguments: [("", false), ("no", false), ("yes", true)])
  func asked(_ value: String, _ expected: Bool) throws {
    let attribute = value.isEmpty ? "" : "look-up-people=\"\(value)\""
    let result = try Self.compile(try Self.generic(), Self.connection(attribute), try Self.site())
    #expect(result.findings == [])
    #expect(result.set?.connections["acme"]?.looksUpPeople == expected)
  }

  @Test("Without a get-user in the profile nobody can be looked up, and the finding says what to add")
  func withoutRequest() throws {
    let profile = try MappingFolders.file("fixtures/mapping-diagnostics/read-only-profile.xml", as: "crm/read-only.xml")
    let connection = Self.connection("look-up-people=\"yes\"", profile: "read-only")
    let result = try Self.compile(profile, connection, try Self.site())
    #expect(
      diff(
        result.findings,
        [
          "crm.xml:1:1: error: look-up-people=\"yes\" needs the request get-user, which the profile 'read-only' does "
            + "not describe; add <request name=\"get-user\" method=\"GET\" path=\"…{$user}\">"
            + "<users select=\"…\" …/></request> to its <api>"
        ]) == nil)
    #expect(result.set == nil)
  }

  @Test("Without a service user nobody can be looked up, and the finding says what to add")
  func withoutServiceUser() throws {
    let site = Self.file(
      "site.xml",
      "<jira xmlns=\"urn:counterpart:jira:1\" name=\"acme-cloud\" kind=\"cloud\" site=\"https://acme.atlassian.net\"/>")
    let result = try Self.compile(try Self.generic(), Self.connection("look-up-people=\"yes\""), site)
    #expect(
      diff(
        result.findings,
        [
          "crm.xml:1:1: error: look-up-people=\"yes\" asks Jira as the service user, and the site 'acme-cloud' names "
            + "none; add <service-user ref=\"…\"/> there"
        ]) == nil)
    #expect(result.set == nil)
    #expect(try Self.compile(try Self.generic(), Self.connection(""), site).findings == [])
  }

  @Test("A name and whether somebody is active need not be told; find-users need not be there")
  func optional() throws {
    let profile = Self.file(
      "crm/own.xml",
      """
      <profile xmlns="urn:counterpart:crm:1" name="own">
        <delivery format="json"><verify><standard-webhooks secret="webhook"/></verify>
          <event select="/*" case="case" id="id"><kind name="updated"/></event></delivery>
        <api><request name="get-user" method="GET" path="/users/{$user}">
          <users select="/*/user" id="@id" email="mail"/></request></api>
      </profile>
      """)
    let result = try Self.compile(profile, Self.connection("look-up-people=\"yes\"", profile: "own"), try Self.site())
    #expect(result.findings == [])
    let requests = result.set?.profiles["own"]?.api?.requests
    let users = try #require(requests?[.getUser]?.users)
    #expect([users.select.source, users.id.source, users.email.source] == ["/*/user", "@id", "mail"])
    #expect(users.name == nil && users.isActive == nil && requests?[.findUsers] == nil)
  }
}
