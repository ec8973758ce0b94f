import SyncModel
import XML

// A connection may have several mappings: a case goes to an issue for each that takes it. What they must not share, and
// what they had better not, is found here.
extension MappingCompilation {
  /// Gives the mappings of one connection labels of their own, and holds the mappings against each other.
  mutating func checkMappingsTogether() {
    let groups = Dictionary(grouping: mappings.keys.sorted()) { mappings[$0]?.document.connection ?? "" }
    for names in groups.values where names.count > 1 {
      for name in names where mappings[name]?.document.link.labelPosition == nil {
        mappings[name]?.document.link.label.append("-\(name)")
      }
    }
    checkLabels()
    for names in groups.values {
      let writing = names.filter { mappings[$0]?.document.writesAnythingToCRM == true }
      for (index, name) in writing.enumerated() {
        for earlier in writing[..<index] { checkWrites(of: name, beside: earlier) }
      }
    }
  }

  // MARK: - Labels

  /// Two mappings of one site whose labels are the same for one case would find each other's issues.
  private mutating func checkLabels() {
    var known: [String: [String: String]] = [:]
    for name in mappings.keys.sorted() {
      guard let mapping = mappings[name], let connection = connections[mapping.document.connection.rawValue]
      else { continue }
      let shape = mapping.document.link.label.shape(connection: mapping.document.connection)
      if let other = known[connection.document.site]?[shape] {
        let explicit = [name, other].first { mappings[$0]?.document.link.labelPosition != nil } ?? name
        diagnostics.append(
          Diagnostic(
            .error, at: mappings[explicit]?.document.link.labelPosition ?? mapping.position,
            "the label is also that of the mapping '\(explicit == name ? other : name)', so that one's issues would be "
              + "taken for these; put something of its own into it, such as -\(explicit)"))
      } else {
        known[connection.document.site, default: [:]][shape] = name
      }
    }
  }

  // MARK: - Writes to the CRM

  private mutating func checkWrites(of name: String, beside earlier: String) {
    guard let own = mappings[name]?.document, let other = mappings[earlier]?.document,
      own.routes.mayShareCases(with: other.routes)
    else { return }
    let taken = Dictionary(other.writesToCRM.map { ($0.name, $0.position) }, uniquingKeysWith: { first, _ in first })
    for write in own.writesToCRM {
      guard let place = taken[write.name] else { continue }
      diagnostics.append(
        Diagnostic(
          .warning, at: write.position,
          "the mapping '\(earlier)' writes the CRM's field '\(write.name)', too (\(place)): of a case that both take, "
            + "the issue that changed last decides"))
    }
    guard let key = own.link.crmKeyName, let position = own.link.crmKeyPosition, key == other.link.crmKeyName else {
      return
    }
    let consequence = "of a case that both take, the key of the issue that was made last would replace the other's"
    diagnostics.append(
      Diagnostic(
        own.routes.takeEverything && other.routes.takeEverything ? .error : .warning, at: position,
        "the mapping '\(earlier)' writes its issue key to the CRM's field '\(key)', too: \(consequence); name another "
          + "field"))
  }
}

extension Mapping {
  fileprivate var writesAnythingToCRM: Bool { !writesToCRM.isEmpty || link.crmKeyName != nil }

  /// The CRM's fields that changes of the issue are written to.
  fileprivate var writesToCRM: [(name: String, position: SourcePosition)] {
    let own = fields.filter(\.direction.writesCRM).map { (name: $0.crmName, position: $0.position) }
    guard let status, status.direction.writesCRM else { return own }
    return own + [(name: status.crmName, position: status.position)]
  }
}

extension [Route] {
  fileprivate var takeEverything: Bool { contains { $0.condition == nil } }

  /// False where every pair of conditions is of the kind `product = 'Billing'` and `product = 'Shop'`.
  fileprivate func mayShareCases(with others: [Route]) -> Bool {
    contains { own in
      others.contains { other in
        guard let own = own.condition?.comparison, let other = other.condition?.comparison else { return true }
        return own.path != other.path || own.value == other.value
      }
    }
  }
}

extension XPathExpression {
  /// The parts of an expression that only compares one field with one text.
  fileprivate var comparison: (path: Substring, value: Substring)? {
    let sides = source.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count == 2, let value = sides[1].trimmed.literal else { return nil }
    let path = sides[0].trimmed
    let isPath = !path.isEmpty && path.unicodeScalars.allSatisfy { !" '\"<>!|()".unicodeScalars.contains($0) }
    return isPath ? (path, value) : nil
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " }
    return start.lastIndex { $0 != " " }.map { start[...$0] } ?? ""
  }

  /// What stands between the quotation marks, if the text is one literal.
  fileprivate var literal: Substring? {
    guard let quote = first, quote == "'" || quote == "\"", count >= 2, last == quote else { return nil }
    let inner = dropFirst().dropLast()
    return inner.contains(quote) ? nil : inner
  }
}

extension Template {
  fileprivate mutating func append(_ text: String) {
    self = Template(source: source + text, pieces: pieces + [.text(text)])
  }

  /// The text with the connection's name in place; two templates of one shape are the same text for one case.
  fileprivate func shape(connection: ConnectionName) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text.split(separator: "{", omittingEmptySubsequences: false).joined(separator: "{{")
      case .variable("connection"): connection.rawValue
      case .variable(let name): "{$\(name)}"
      case .expression(let expression): "{\(expression.source)}"
      }
    }.joined()
  }
}
