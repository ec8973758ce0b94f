import SyncModel
import XML

/// One file, compiled by itself: what it says, and what is wrong with it whatever the other files say.
///
/// Depends on nothing but the file, so it can be kept until the file changes.
struct CompiledFile: Sendable {
  enum Document: Sendable {
    case site(JiraSite)
    case profile(ProfileDraft)
    case connection(Connection)
    case mapping(Mapping, MappingOutline)
    case values(NamedValues)
    case people(PeopleTable)
  }

  /// The name of another document, and where it stands.
  struct Reference: Sendable {
    var name: String
    var kind: DocumentSchemas.Kind
    var position: SourcePosition
  }

  let source: SourceFile
  private(set) var kind: DocumentSchemas.Kind?
  private(set) var name: String?
  /// Of the root element.
  private(set) var position: SourcePosition
  /// Nil: the file is so wrong that nothing can be said of its document.
  private(set) var document: Document?
  private(set) var references: [Reference] = []
  private(set) var diagnostics: [Diagnostic] = []

  init(_ file: SourceFile) {
    source = file
    position = SourcePosition(file: file.path, line: 1)
    var findings = Findings(file: file.path)
    do throws(XMLProblem) {
      try read(&findings)
    } catch {
      findings.error(error.message, at: SourcePosition(file: file.path, line: error.line, column: error.column))
    }
    diagnostics = findings.diagnostics
  }

  private mutating func read(_ findings: inout Findings) throws(XMLProblem) {
    if let size = source.oversizeBytes {
      let limit = SourceFile.limitBytes
      return findings.error(
        "the document is larger than \(limit) bytes: it has \(size), and was not read; split it or shorten it",
        at: position)
    }
    let xml = try XMLDocument(source.bytes)
    let root = xml.root
    position = findings.position(root)
    guard let kind = DocumentSchemas.Kind(root) else { return findings.error(Self.unknownRoot(root), at: position) }
    self.kind = kind
    // A table of people has no name of its own: a connection has one.
    name = root[attribute: kind == .people ? "crm" : "name"]
    let problems = try DocumentSchemas.problems(of: xml, kind)
    for problem in problems {
      findings.error(
        problem.message, at: SourcePosition(file: source.path, line: problem.line, column: problem.column))
    }
    guard problems.isEmpty else { return }
    compile(root, kind, &findings)
  }

  private static func unknownRoot(_ root: XMLElement) -> String {
    let expected =
      "<mapping> or <values xmlns=\"urn:counterpart:mapping:1\">, <crm> or <profile xmlns=\"urn:counterpart:crm:1\">, "
      + "<jira xmlns=\"urn:counterpart:jira:1\">, <people xmlns=\"urn:counterpart:people:1\">"
    let ours = ["mapping", "values", "crm", "profile", "jira", "people"]
    let isNear = root.namespace?.hasPrefix("urn:counterpart:") == true && !ours.contains(root.name)
    let hint = isNear ? NearestName.hint(root.name, in: ours) : ""
    return "the root element <\(root.name.prefix(40))> in this namespace is none of ours\(hint); the documents are "
      + expected
  }

  private mutating func compile(_ root: XMLElement, _ kind: DocumentSchemas.Kind, _ findings: inout Findings) {
    switch kind {
    case .site:
      var compiler = SiteCompiler(findings: findings)
      document = compiler.compile(root).map { .site($0) }
      findings = compiler.findings
    case .connection:
      refer(root, "profile", .profile, findings)
      refer(root, "jira", .site, findings)
      var compiler = ConnectionCompiler(findings: findings)
      document = compiler.compile(root).map { .connection($0) }
      findings = compiler.findings
    case .profile:
      var compiler = ProfileCompiler(findings: findings)
      document = compiler.compile(root).map { .profile($0) }
      findings = compiler.findings
    case .mapping:
      refer(root, "crm", .connection, findings)
      for user in root.elements(named: "field") + root.elements(named: "status") {
        refer(user, "values", .values, findings)
      }
      var compiler = MappingCompiler(findings: findings)
      document = compiler.compile(root, digest: SHA256.hex(source.bytes)).map { .mapping($0, MappingOutline($0)) }
      findings = compiler.findings
    case .values:
      document = .values(NamedValues(root, digest: SHA256.hex(source.bytes), &findings))
    case .people:
      refer(root, "crm", .connection, findings)
      document = .people(PeopleTable(root, &findings))
    }
  }

  private mutating func refer(
    _ element: XMLElement, _ attribute: String, _ kind: DocumentSchemas.Kind, _ findings: Findings
  ) {
    guard let attribute = element.attribute(attribute) else { return }
    references.append(Reference(name: attribute.value, kind: kind, position: findings.position(attribute)))
  }
}
