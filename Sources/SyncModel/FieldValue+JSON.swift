package import JSON

extension FieldValue {
  /// `null`, a string or an array of strings.
  package var json: JSONValue {
    switch self {
    case .empty: .null
    case .text(let text): .string(text)
    case .list(let items): .array(items.map(JSONValue.string))
    }
  }

  /// The value that ``json`` stands for; nil for any other shape.
  package init?(json: JSONValue) {
    switch json {
    case .null: self = .empty
    case .string(let text): self = .text(text)
    case .array(let elements): self = .list(elements.compactMap(\.string))
    case .bool, .number, .object: return nil
    }
  }
}
