import SyncModel
import XML

extension MappingSet {
  /// Compiles the files of a mappings folder whole: every finding of every file at once, in the order of their places.
  ///
  /// Pure: reading the folder is the caller's. Files whose path does not count (``SourceFile/counts(_:)``) are skipped.
  ///
  /// - Returns: the set, or nil if anything is an error; warnings alone do not prevent it.
  package static func compile(files: [SourceFile]) -> (set: MappingSet?, diagnostics: [Diagnostic]) {
    var compilation = MappingCompilation()
    for file in files.filter({ SourceFile.counts($0.path) }).sorted(by: { $0.path < $1.path }) { compilation.add(file) }
    compilation.checkReferences()
    compilation.checkMappingsTogether()
    let diagnostics = compilation.diagnostics.sorted {
      ($0.position, $0.severity.rawValue, $0.message) < ($1.position, $1.severity.rawValue, $1.message)
    }
    guard !diagnostics.contains(where: { $0.severity == .error }) else { return (nil, diagnostics) }
    return (compilation.set, diagnostics)
  }
}

/// What the files of one folder say, file by file, and what is wrong with it.
struct MappingCompilation {
  /// A document by its name, so that references can be held against it.
  struct Named<Document> {
    var document: Document
    var position: SourcePosition
  }

  struct Reference {
    var name: String
    var kind: DocumentSchemas.Kind
    var position: SourcePosition
  }

  var diagnostics: [Diagnostic] = []
  var sites: [String: Named<JiraSite>] = [:]
  var profiles: [String: Named<ProfileDraft>] = [:]
  var connections: [String: Named<Connection>] = [:]
  var mappings: [String: Named<Mapping>] = [:]
  /// What documents name, held against ``known`` once all files are read.
  var references: [Reference] = []
  /// The names of all documents, also of those that are wrong: a reference to one of these needs no second finding.
  var known: [DocumentSchemas.Kind: [String: SourcePosition]] = [:]

  var set: MappingSet {
    MappingSet(
      sites: sites.mapValues(\.document), profiles: profiles.mapValues(\.document.profile),
      connections: Dictionary(uniqueKeysWithValues: connections.map { (ConnectionName($0.key), $0.value.document) }),
      mappings: mappings.sorted { $0.key < $1.key }.map(\.value.document))
  }

  mutating func add(_ file: SourceFile) {
    var findings = Findings(file: file.path)
    defer { diagnostics += findings.diagnostics }
    do throws(XMLProblem) {
      let root = try XMLReader.read(file.bytes)
      guard let kind = DocumentSchemas.Kind(root) else {
        findings.error(Self.unknownRoot(root), at: findings.position(root))
        return
      }
      if let name = root[attribute: "name"] { note(name, kind, root, &findings) }
      let problems = try DocumentSchemas.problems(of: file.bytes, kind)
      for problem in problems {
        findings.error(
          problem.message, at: SourcePosition(file: file.path, line: problem.line, column: problem.column))
      }
      guard problems.isEmpty else { return }
      compile(root, kind, SHA256.hex(file.bytes), &findings)
    } catch {
      findings.error(error.message, at: SourcePosition(file: file.path, line: error.line, column: error.column))
    }
  }

  private static func unknownRoot(_ root: XMLElement) -> String {
    let expected =
      "<mapping xmlns=\"urn:counterpart:mapping:1\">, <crm> or <profile xmlns=\"urn:counterpart:crm:1\">, "
      + "<jira xmlns=\"urn:counterpart:jira:1\">"
    return "the root element <\(root.name.prefix(40))> in this namespace is none of ours; the documents are \(expected)"
  }

  private mutating func note(
    _ name: String, _ kind: DocumentSchemas.Kind, _ root: XMLElement, _ findings: inout Findings
  ) {
    if let first = known[kind]?[name] {
      findings.error("the name '\(name.prefix(64))' is taken by \(first)", at: findings.position(root))
    } else {
      known[kind, default: [:]][name] = findings.position(root)
    }
  }

  private mutating func compile(
    _ root: XMLElement, _ kind: DocumentSchemas.Kind, _ digest: String, _ findings: inout Findings
  ) {
    let position = findings.position(root)
    guard let name = root[attribute: "name"], known[kind]?[name] == position else { return }
    switch kind {
    case .site:
      var compiler = SiteCompiler(findings: findings)
      sites[name] = compiler.compile(root).map { Named(document: $0, position: position) }
      findings = compiler.findings
    case .connection:
      refer(root, "profile", .profile, findings)
      refer(root, "jira", .site, findings)
      var compiler = ConnectionCompiler(findings: findings)
      connections[name] = compiler.compile(root).map { Named(document: $0, position: position) }
      findings = compiler.findings
    case .profile:
      var compiler = ProfileCompiler(findings: findings)
      profiles[name] = compiler.compile(root).map { Named(document: $0, position: position) }
      findings = compiler.findings
    case .mapping:
      refer(root, "crm", .connection, findings)
      var compiler = MappingCompiler(findings: findings)
      mappings[name] = compiler.compile(root, digest: digest).map { Named(document: $0, position: position) }
      findings = compiler.findings
    }
  }

  private mutating func refer(
    _ root: XMLElement, _ attribute: String, _ kind: DocumentSchemas.Kind, _ findings: Findings
  ) {
    guard let attribute = root.attribute(attribute) else { return }
    references.append(Reference(name: attribute.value, kind: kind, position: findings.position(attribute)))
  }
}
