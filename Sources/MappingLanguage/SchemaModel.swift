import XML

/// What a schema declares, as far as people who write documents want to know it.
struct SchemaModel {
  /// An element, in one of the places where it may stand.
  struct Element {
    var name: String
    /// Two declarations with the same identity are the same element in two places.
    var identity: String
    var words: String
    var example: String?
    var attributes: [Attribute]
    var children: [Child]
    /// Whether it holds text.
    var hasText: Bool
    /// The names of the elements that it may stand in.
    var parents: [String]
  }

  struct Attribute {
    var name: String
    var words: String
    var isRequired: Bool
    /// The only values that it may have; empty: any.
    var values: [String]
    /// Whether the words are its own rather than its type's.
    var isDocumented: Bool
  }

  struct Child {
    var identity: String
    var name: String
    var isRequired: Bool
    var mayRepeat: Bool
  }

  /// In the order in which a reader meets them, from the document's root down.
  private(set) var elements: [Element] = []
  let namespace: String
  private let root: XMLElement

  init(_ schema: [UInt8]) throws(XMLProblem) {
    root = try XMLReader.read(schema)
    namespace = root[attribute: "targetNamespace"] ?? ""
    for declaration in root.elements(named: "element") { read(declaration, in: nil) }
  }

  private func type(_ name: String?, _ kind: String) -> XMLElement? {
    name.flatMap { name in root.elements(named: kind).first { $0[attribute: "name"] == name } }
  }

  /// - Returns: the identity.
  @discardableResult
  private mutating func read(_ declaration: XMLElement, in parent: String?) -> String {
    let name = declaration[attribute: "name"] ?? ""
    let named = type(declaration[attribute: "type"], "complexType")
    // Elements that share a type and a name are one, wherever they stand; and so are the values of a body.
    let identity = named == nil ? "\(parent ?? "")/\(name)" : "\(declaration[attribute: "type"] ?? "")#\(name)"
    if let known = elements.firstIndex(where: { $0.identity == identity }) {
      if let parent, !elements[known].parents.contains(parent) { elements[known].parents.append(parent) }
      return identity
    }
    let place = elements.count
    let content = named ?? declaration.first("complexType")
    let base = content?.first("complexContent")?.first("extension")
    let inherited = type(base?[attribute: "base"], "complexType")
    elements.append(
      Element(
        name: name, identity: identity, words: declaration.words ?? named?.words ?? "",
        example: declaration.example ?? named?.example, attributes: [], children: [],
        hasText: declaration[attribute: "type"] == "text" || content?.first("simpleContent") != nil,
        parents: parent.map { [$0] } ?? []))
    var attributes: [Attribute] = []
    var children: [Child] = []
    for source in [inherited, base, content].compactMap({ $0 }) {
      let holder = source.first("simpleContent")?.first("extension") ?? source
      attributes += holder.elements(named: "attribute").map(attribute)
      for particle in holder.elements { children += read(particle, name, repeats: false, isOptional: false) }
    }
    elements[place].attributes = attributes
    elements[place].children = children
    return identity
  }

  /// The elements of a sequence, a choice or a group.
  private mutating func read(
    _ particle: XMLElement, _ parent: String, repeats: Bool, isOptional: Bool
  ) -> [Child] {
    let repeats = repeats || (particle[attribute: "maxOccurs"].map { $0 != "1" } ?? false)
    let isOptional = isOptional || particle[attribute: "minOccurs"] == "0"
    switch particle.name {
    case "element":
      let identity = read(particle, in: parent)
      return [
        Child(
          identity: identity, name: particle[attribute: "name"] ?? "", isRequired: !isOptional,
          // What a schema cannot say of a choice in any order, and the compiler sees to.
          mayRepeat: repeats && !particle.isNotedAsOnce)
      ]
    case "sequence", "choice", "all":
      let isChoice = particle.name == "choice" && particle.elements.count > 1
      return particle.elements.flatMap { read($0, parent, repeats: repeats, isOptional: isOptional || isChoice) }
    case "group":
      guard let group = type(particle[attribute: "ref"], "group") else { return [] }
      return group.elements.flatMap { read($0, parent, repeats: repeats, isOptional: isOptional) }
    default: return []
    }
  }

  private func attribute(_ declaration: XMLElement) -> Attribute {
    let named = type(declaration[attribute: "type"], "simpleType")
    let restriction = (declaration.first("simpleType") ?? named)?.first("restriction")
    var values = (restriction?.elements(named: "enumeration") ?? []).compactMap { $0[attribute: "value"] }
    if let fixed = declaration[attribute: "fixed"] { values = [fixed] }
    return Attribute(
      name: declaration[attribute: "name"] ?? "", words: declaration.words ?? named?.words ?? "",
      isRequired: declaration[attribute: "use"] == "required", values: values,
      isDocumented: declaration.words != nil)
  }
}

extension XMLElement {
  /// The text of `xs:documentation`.
  fileprivate var words: String? {
    first("annotation")?.first("documentation").map { $0.text.trimmed }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// `note:occurs="once"`.
  fileprivate var isNotedAsOnce: Bool {
    attributes.contains { $0.name == "occurs" && $0.namespace == "urn:counterpart:note:1" && $0.value == "once" }
  }

  /// The text of `xs:appinfo`: an example of the element.
  fileprivate var example: String? { first("annotation")?.first("appinfo").map { $0.text.trimmed } }
}
