import XML

/// The three schemas, which the binary carries, and their words made more helpful.
enum DocumentSchemas {
  enum Kind: Hashable {
    case mapping, connection, profile, site

    init?(_ root: XMLElement) {
      switch (root.namespace, root.name) {
      case ("urn:counterpart:mapping:1", "mapping"): self = .mapping
      case ("urn:counterpart:crm:1", "crm"): self = .connection
      case ("urn:counterpart:crm:1", "profile"): self = .profile
      case ("urn:counterpart:jira:1", "jira"): self = .site
      default: return nil
      }
    }

    /// What people call such a document.
    var word: String {
      switch self {
      case .mapping: "mapping"
      case .connection: "crm"
      case .profile: "profile"
      case .site: "Jira site"
      }
    }

    var schema: [UInt8] {
      switch self {
      case .mapping: PackageResources.mapping_xsd
      case .connection, .profile: PackageResources.crm_xsd
      case .site: PackageResources.jira_xsd
      }
    }
  }

  static func problems(of bytes: [UInt8], _ kind: Kind) throws(XMLProblem) -> [XMLProblem] {
    try XMLSchema(kind.schema).problems(of: bytes).map { problem in
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
      return NearestName.hint(name, in: names(of: "attribute", kind))
    }
    if message.contains("it may not stand here"), let name = quoted.first {
      return NearestName.hint(name, in: names(of: "element", kind).subtracting([name]))
    }
    return ""
  }

  private static func names(of declaration: String, _ kind: Kind) -> Set<String> {
    guard let root = try? XMLReader.read(kind.schema) else { return [] }  // Only the hint would be lost.
    var names: Set<String> = []
    var open = [root]
    while let element = open.popLast() {
      if element.name == declaration, let name = element[attribute: "name"] { names.insert(name) }
      open += element.elements
    }
    return names
  }
}
