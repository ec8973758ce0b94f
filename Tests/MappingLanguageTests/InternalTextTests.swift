import MappingLanguage
import Testing

@Suite("Internal text stays internal")
struct InternalTextTests {
  /// A profile that is the generic one but for its requests' `{$public}`.
  private static func findings(_ comments: String) throws -> [String] {
    let base = try MappingFolders.base()
    let generic = String(decoding: try MappingFolders.file("mappings/crm/generic.xml").bytes, as: UTF8.self)
    let blunt = generic.replacing(#"<boolean name="public">{$public}</boolean>"#, with: "")
    let mapping = """
      <mapping xmlns="urn:counterpart:mapping:1" name="m" crm="acme">
        <route project="SUP" issue-type="Task"/> <field jira="summary" crm="subject"/>
        \(comments)
      </mapping>
      """
    let files =
      base.filter { $0.path != "crm/generic.xml" } + [
        SharedValuesTests.file("crm/generic.xml", blunt), SharedValuesTests.file("m.xml", mapping),
      ]
    return MappingSet.compile(files: files).diagnostics.map(\.description)
  }

  @Test("A profile that cannot say that a comment is internal gets none, or is taken at the mapping's word")
  func blunt() throws {
    let cannot = "the profile 'generic' cannot say that a comment is internal (add-comment has no {$public})"
    #expect(
      try Self.findings(#"<comments sync="both"/>"#) == [
        "m.xml:3:3: error: \(cannot), so customers may read what is internal in Jira; write internal=\"skip\", or "
          + "public=\"internal\" if the CRM keeps every such comment internal"
      ])
    #expect(
      try Self.findings(#"<comments sync="to-crm" public="internal"/>"#) == [
        "m.xml:3:3: warning: \(cannot), so what is internal in Jira stays so only if the CRM keeps every such comment "
          + "internal"
      ])
    #expect(try Self.findings(#"<comments sync="both" internal="skip"/>"#) == [])
    #expect(try Self.findings(#"<comments sync="to-jira"/>"#) == [])
  }
}
