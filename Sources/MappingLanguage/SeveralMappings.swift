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
      let writing = names.compactMap { name -> Writing? in
        guard let outline = outlines[name], let link = mappings[name]?.document.link else { return nil }
        return outline.crmWrites.isEmpty && link.crmKeyName == nil
          ? nil : Writing(name: name, outline: outline, key: link.crmKeyName, keyPosition: link.crmKeyPosition)
      }
      for (index, own) in writing.enumerated() {
        for earlier in writing[..<index] where own.outline.mayShareCases(with: earlier.outline) {
          checkWrites(of: own, beside: earlier)
        }
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

  /// A mapping that writes to the CRM.
  private struct Writing {
    var name: String
    var outline: MappingOutline
    /// The CRM's field for the key.
    var key: String?
    var keyPosition: SourcePosition?
  }

  private mutating func checkWrites(of own: Writing, beside earlier: Writing) {
    for write in own.outline.crmWrites {
      guard let place = earlier.outline.crmWritePlaces[write.name] else { continue }
      diagnostics.append(
        Diagnostic(
          .warning, at: write.position,
          "the mapping '\(earlier.name)' writes the CRM's field '\(write.name)', too (\(place)): of a case that both "
            + "take, the issue that changed last decides"))
    }
    guard let key = own.key, let position = own.keyPosition, key == earlier.key else { return }
    let consequence = "of a case that both take, the key of the issue that was made last would replace the other's"
    diagnostics.append(
      Diagnostic(
        own.outline.takesEverything && earlier.outline.takesEverything ? .error : .warning, at: position,
        "the mapping '\(earlier.name)' writes its issue key to the CRM's field '\(key)', too: \(consequence); name "
          + "another field"))
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
