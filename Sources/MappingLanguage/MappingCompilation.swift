import RichText
import SyncModel

extension MappingSet {
  /// Compiles the files of a mappings folder whole: every finding of every file at once, in the order of their places.
  ///
  /// Pure: reading the folder is the caller's. Files whose path does not count (``SourceFile/counts(_:)``) are skipped.
  ///
  /// - Returns: the set, or nil if anything is an error; warnings alone do not prevent it.
  package static func compile(files: [SourceFile]) -> (set: MappingSet?, diagnostics: [Diagnostic]) {
    var memory = CompilationMemory()
    return memory.compile(files: files)
  }
}

/// What was compiled last, file by file: a file that did not change is not compiled again.
///
/// The result is always that of ``MappingSet/compile(files:)``: how files fit together is looked at afresh.
package struct CompilationMemory: Sendable {
  private var known: [String: CompiledFile] = [:]

  package init() {}

  /// See ``MappingSet/compile(files:)``. Forgets the files that are gone.
  package mutating func compile(files: [SourceFile]) -> (set: MappingSet?, diagnostics: [Diagnostic]) {
    var compilation = MappingCompilation()
    var compiled: [String: CompiledFile] = [:]
    for file in files.filter({ SourceFile.counts($0.path) }).sorted(by: { $0.path < $1.path }) {
      let before = known[file.path]
      let result = before?.source == file ? before ?? CompiledFile(file) : CompiledFile(file)
      compiled[file.path] = result
      compilation.add(result)
    }
    known = compiled
    return compilation.result()
  }
}

/// What the files of one folder say together, and what is wrong with that.
struct MappingCompilation {
  /// A document by its name, so that references can be held against it.
  struct Named<Document> {
    var document: Document
    var position: SourcePosition
  }

  var diagnostics: [Diagnostic] = []
  var sites: [String: Named<JiraSite>] = [:]
  var profiles: [String: Named<ProfileDraft>] = [:]
  var connections: [String: Named<Connection>] = [:]
  var mappings: [String: Named<Mapping>] = [:]
  /// Of the mappings.
  var outlines: [String: MappingOutline] = [:]
  var values: [String: Named<NamedValues>] = [:]
  /// By the connection's name.
  var people: [String: Named<PeopleTable>] = [:]
  /// By the profile's name; nil: it tells of none that would matter.
  var commentPlaces: [String: CommentPlace?] = [:]
  /// What documents name, held against ``known`` once all files are there.
  var references: [CompiledFile.Reference] = []
  /// The names of all documents, also of those that are wrong: a reference to one of these needs no second finding.
  var known: [DocumentSchemas.Kind: [String: SourcePosition]] = [:]

  var set: MappingSet {
    var set = MappingSet(
      sites: sites.mapValues(\.document), profiles: profiles.mapValues(\.document.profile),
      connections: Dictionary(uniqueKeysWithValues: connections.map { (ConnectionName($0.key), $0.value.document) }),
      mappings: mappings.sorted { $0.key < $1.key }.map { standing($0.value.document) })
    for (connection, table) in people {
      set.people[ConnectionName(connection)] = PeopleSource(table.document.entries.map(\.entry))
    }
    return set
  }

  /// The mapping as it holds for the kind of its site.
  private func standing(_ mapping: Mapping) -> Mapping {
    let connection = connections[mapping.connection.rawValue]?.document
    guard let site = connection.flatMap({ sites[$0.site]?.document }), site.kind == .dataCenter else { return mapping }
    var mapping = mapping
    for index in mapping.fields.indices { mapping.fields[index].textForm = .wiki }
    return mapping
  }

  mutating func add(_ file: CompiledFile) {
    diagnostics += file.diagnostics
    references += file.references
    guard let kind = file.kind, let name = file.name else { return }
    if let first = known[kind]?[name] {
      let words =
        kind == .people
        ? "the crm '\(name.prefix(64))' has a people table already, \(first); put everybody into one"
        : "the name '\(name.prefix(64))' is taken by \(first)"
      diagnostics.append(Diagnostic(.error, at: file.position, words))
      return
    }
    known[kind, default: [:]][name] = file.position
    switch file.document {
    case .site(let site): sites[name] = Named(document: site, position: file.position)
    case .profile(let profile): profiles[name] = Named(document: profile, position: file.position)
    case .connection(let connection): connections[name] = Named(document: connection, position: file.position)
    case .mapping(let mapping, let outline):
      mappings[name] = Named(document: mapping, position: file.position)
      outlines[name] = outline
    case .values(let shared): values[name] = Named(document: shared, position: file.position)
    case .people(let table): people[name] = Named(document: table, position: file.position)
    case nil: return
    }
  }

  /// Holds the documents against each other.
  ///
  /// - Returns: the set, or nil if anything is an error; and every finding, in the order of the places.
  consuming func result() -> (set: MappingSet?, diagnostics: [Diagnostic]) {
    takeSharedValues()
    checkReferences()
    checkPeople()
    checkMappingsTogether()
    let sorted = diagnostics.sorted {
      ($0.position, $0.severity.rawValue, $0.message) < ($1.position, $1.severity.rawValue, $1.message)
    }
    guard !sorted.contains(where: { $0.severity == .error }) else { return (nil, sorted) }
    return (set, sorted)
  }
}
