import XML

/// The reference page of the documents, made from their schemas: what an editor shows on completion stands there too.
package enum SchemaReference {
  /// An example that the schemas give: either a whole document, or one element below a document's root.
  package struct Example: Sendable {
    /// The name of the document's root element that it belongs to.
    package var document: String
    /// The element that it is an example of.
    package var element: String
    package var text: String
  }

  /// The page, in Markdown.
  package static var page: String {
    var lines = opening.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for model in models {
      for element in model.elements {
        lines.append("")
        if element.parents.isEmpty {
          lines += ["## `<\(element.name)>`", "", "Namespace `\(model.namespace)`. \(element.words)"]
        } else {
          lines += ["### \(title(of: element))", "", element.words]
        }
        lines += content(of: element, model)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Every example of the schemas.
  package static var examples: [Example] {
    models.flatMap { model -> [Example] in
      var document = ""
      return model.elements.compactMap { element in
        if element.parents.isEmpty { document = element.name }
        return element.example.map { Example(document: document, element: element.name, text: $0) }
      }
    }
  }

  /// An element in another, and whether it may stand there more than once.
  package struct Place: Hashable, Sendable {
    package var parent: String
    package var child: String
    package var mayRepeat: Bool
  }

  /// Where which element may stand, and how often.
  package static var places: [Place] {
    models.flatMap { model in
      model.elements.flatMap { element in
        element.children.map { Place(parent: element.name, child: $0.name, mayRepeat: $0.mayRepeat) }
      }
    }
  }

  /// What the schemas do not explain: elements without words or an example, attributes without words of their own.
  package static var gaps: [String] {
    models.flatMap { model in
      model.elements.flatMap { element -> [String] in
        let place = element.identity
        let own =
          (element.words.isEmpty ? ["\(place): no words"] : [])
          + (element.example == nil ? ["\(place): no example"] : [])
        return own + element.attributes.filter { !$0.isDocumented }.map { "\(place) \($0.name)=: no words" }
      }
    }
  }

  // The schemas are part of the program, and the tests read them: a schema that cannot be read would show there.
  private static let models: [SchemaModel] =
    [DocumentSchemas.mapping, DocumentSchemas.crm, DocumentSchemas.jira, DocumentSchemas.people]
    .compactMap { try? SchemaModel($0.text) }

  private static let opening = """
    # Reference of the documents

    Made from the schemas by `make reference`; what stands here is what an editor shows. `docs/mapping.md` explains
    the ideas, and the way from a draft to what runs.

    A file is one document, and its root element says which: `<mapping>` and `<values>`, `<crm>` and `<profile>`,
    `<jira>`, or `<people>`. It is UTF-8 (or UTF-16 with a byte order mark), has no DOCTYPE and at most 1 MiB. An
    attribute in **bold** is required. `counterpart check` finds what is wrong with the files of a folder.

    A whole installation is a `<jira>` (the site), a `<crm>` (the connection), the `<profile>` that it names and a
    `<mapping>` for the connection. Files end in `.xml`; their names and their order do not matter. Profiles stand in
    the subfolder `crm`. Two ship there, and what a case of theirs holds, their comments tell: `generic`, for every CRM
    that can send signed webhooks in our own plain JSON and be written to in the same way, and `django-helpdesk`.

    **Expressions** are XPath 1.0 from the case: `priority` is a field, `customer/name` one inside another, `tags[1]`
    the first of several, which a JSON array becomes; a character that no XML name may hold is written by its number,
    `due_x0020_date`. `product = 'Billing' and severity &lt;= 2` is a condition (`<` is written `&lt;` in XML).
    Beside XPath's own functions there are:

    | function | gives |
    |---|---|
    \(functions)

    **Templates** are text with expressions in braces, `[{number}] {subject}`, and variables, `{$case}`; `{{` and `}}`
    are the braces themselves. Each place says which variables it knows. A template without holes is a constant.
    """

  private static var functions: String {
    XPathLibrary.documents.manual.map { "| `\($0.form)` | \($0.words) |" }.joined(separator: "\n")
  }

  private static func title(of element: SchemaModel.Element) -> String {
    "`<\(element.name)>` in " + element.parents.map { "`<\($0)>`" }.joined(separator: ", ")
  }

  private static func content(of element: SchemaModel.Element, _ model: SchemaModel) -> [String] {
    var lines: [String] = []
    if element.hasText { lines += ["", "Holds text."] }
    if !element.attributes.isEmpty {
      lines += ["", "| attribute | |", "|---|---|"]
      lines += element.attributes.map(row)
    }
    if !element.children.isEmpty {
      lines += ["", "Holds " + element.children.map { Self.child($0, model) }.joined(separator: ", ") + "."]
    }
    if let example = element.example { lines += ["", "```xml", example, "```"] }
    return lines
  }

  private static func row(_ attribute: SchemaModel.Attribute) -> String {
    let name = attribute.isRequired ? "**`\(attribute.name)`**" : "`\(attribute.name)`"
    let values = attribute.values.map { "`\($0)`" }.joined(separator: ", ")
    let words = attribute.words.replacing("|", with: "\\|").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    return "| \(name) | \(words)\(values.isEmpty ? "" : " Values: \(values).") |"
  }

  private static func child(_ child: SchemaModel.Child, _ model: SchemaModel) -> String {
    let amount =
      switch (child.isRequired, child.mayRepeat) {
      case (true, false): " (once)"
      case (true, true): " (one or more)"
      case (false, false): " (at most once)"
      case (false, true): " (any number)"
      }
    return "`<\(child.name)>`\(amount)"
  }
}
