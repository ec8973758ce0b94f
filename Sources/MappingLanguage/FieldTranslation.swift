package import JSON
package import SyncModel

/// What a value of one side is on the other.
package enum FieldTranslation: Hashable, Sendable {
  /// The written side's canonical value, and the JSON that its request carries.
  case value(canonical: FieldValue, payload: JSONValue)
  /// The field is not written, for a reason that is no fault: a user whom no grant knows, an empty priority.
  case leaveOut(String)
  case failure(FieldProblem)
}

/// Why one value could not be translated: the place in the mapping, the field and the reason, never customer's text
/// beyond a short value of a table.
package struct FieldProblem: Error, Hashable, Sendable, CustomStringConvertible {
  package var key: FieldKey
  package var position: SourcePosition
  package var reason: String

  package init(key: FieldKey, position: SourcePosition, reason: String) {
    self.key = key
    self.position = position
    self.reason = reason
  }

  package var description: String { "\(position): field '\(key)': \(reason)" }
}

extension FieldRule {
  func failure(_ reason: String) -> FieldTranslation {
    .failure(FieldProblem(key: key, position: position, reason: reason))
  }

  /// A value as an error may show it.
  static func shown(_ text: String) -> String { "'" + text.asOneLine.shortened(to: 40) + "'" }
}
