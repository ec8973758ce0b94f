import XML

/// The four schemas, which the binary carries, and their words made more helpful.
enum DocumentSchemas {
  enum Kind: Hashable {
    case mapping, values, connection, profile, site, people

    init?(_ root: XMLElement) {
      switch (root.namespace, root.name) {
      case ("urn:counterpart:mapping:1", "mapping"): self = .mapping
      case ("urn:counterpart:mapping:1", "values"): self = .values
      case ("urn:counterpart:crm:1", "crm"): self = .connection
      case ("urn:counterpart:crm:1", "profile"): self = .profile
      case ("urn:counterpart:jira:1", "jira"): self = .site
      case ("urn:counterpart:people:1", "people"): self = .people
      default: return nil
      }
    }

    /// What people call such a document.
    var word: String {
      switch self {
      case .mapping: "mapping"
      case .values: "value table"
      case .connection: "crm"
      case .profile: "profile"
      case .site: "Jira site"
      case .people: "people table"
      }
    }

    var schema: Schema {
      switch self {
      case .mapping, .values: DocumentSchemas.mapping
      case .connection, .profile: DocumentSchemas.crm
      case .site: DocumentSchemas.jira
      case .people: DocumentSchemas.people
      }
    }
  }

  /// A schema and the names that it declares.
  struct Schema: Sendable {
    let text: [UInt8]
    let schema: XMLSchema
    let elements: Set<String>
    let attributes: Set<String>

    init(_ text: [UInt8]) {
      self.text = text
      schema = XMLSchema(text)
      elements = Self.names(of: "element", in: text)
      attributes = Self.names(of: "attribute", in: text)
    }

    private static func names(of declaration: String, in text: [UInt8]) -> Set<String> {
      guard let root = try? XMLReader.read(text) else { return [] }  // Only the hint would be lost.
      var names: Set<String> = []
      var open = [root]
      while let element = open.popLast() {
        if element.name == declaration, let name = element[attribute: "name"] { names.insert(name) }
        open += element.elements
      }
      return names
    }
  }

  static let mapping = Schema(PackageResources.mapping_xsd)
  static let crm = Schema(PackageResources.crm_xsd)
  static let jira = Schema(PackageResources.jira_xsd)
  static let people = Schema(PackageResources.people_xsd)

  static func problems(of document: XMLDocument, _ kind: Kind) throws(XMLProblem) -> [XMLProblem] {
    try kind.schema.schema.problems(of: document).map { problem in
      var problem = problem
      if let noise = problem.message.firstRange(of: " is not accepted by the pattern '[A-Za-z0-9]") {
        problem.message = problem.message[..<noise.lowerBound] + " may hold only letters, digits and . _ -, at most 64"
      }
      problem.message += hint(for: problem.message, kind)
      return problem
    }
  }

  /// What was probably meant by a value, element or attribute that the schema does not know.
  private static func hint(for message: String, _ kind: Kind) -> String {
    let quoted = message.split(separator: "'", omittingEmptySubsequences: false).enumerated()
      .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    if message.contains(" is not one of {"), quoted.count > 3 {
      return NearestName.hint(quoted[2], in: quoted[3...])
    }
    if message.contains("' is not allowed"), let name = quoted.last {
      return NearestName.hint(name, in: kind.schema.attributes)
    }
    if message.contains("it may not stand here"), let name = quoted.first {
      return NearestName.hint(name, in: kind.schema.elements.subtracting([name]))
    }
    return ""
  }
}
