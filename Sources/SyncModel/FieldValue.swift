/// A field's value in the canonical form in which it is compared and remembered.
///
/// Each side has its own canonical form (a CRM priority is `P1`, Jira's is `Highest`); a mapping translates between the
/// two, and a base keeps both, so that a change is seen on the side where it happened without translating anything.
/// Text compares by its scalars: "é" composed and decomposed are two values, as they are two values to both systems.
package enum FieldValue: Sendable {
  case empty
  case text(String)
  /// Sorted by UTF-8, without duplicates: labels, components and the like are sets.
  case list([String])

  package static func list(of items: some Sequence<String>) -> FieldValue {
    let items = Array(items)
    guard !items.isEmpty else { return .empty }
    // Most are in order already: they come from here, or from a system that sorts.
    if zip(items, items.dropFirst()).allSatisfy({ $0.precedes($1) }) { return .list(items) }
    var result: [String] = []
    for item in items.sorted(by: { $0.precedes($1) }) where result.last?.precedes(item) != false { result.append(item) }
    return .list(result)
  }

  package static func text(orEmpty text: String) -> FieldValue { text.isEmpty ? .empty : .text(text) }

  /// The value as one line for people; lists are joined by commas.
  package var display: String {
    switch self {
    case .empty: ""
    case .text(let text): text
    case .list(let items): items.joined(separator: ", ")
    }
  }

  package var isEmpty: Bool { self == .empty }
}

extension FieldValue: Hashable {
  package static func == (left: FieldValue, right: FieldValue) -> Bool {
    switch (left, right) {
    case (.empty, .empty): true
    case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
    case (.list(let left), .list(let right)):
      left.count == right.count
        && zip(left, right).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    case (.empty, _), (.text, _), (.list, _): false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .empty: hasher.combine(0)
    case .text(let text): for byte in text.utf8 { hasher.combine(byte) }
    case .list(let items): hasher.combine(items.count)
    }
  }
}

extension String {
  /// Whether its UTF-8 comes before the other's.
  fileprivate func precedes(_ other: String) -> Bool {
    // The buffers spare the views' bookkeeping for each byte.
    let order = utf8.withContiguousStorageIfAvailable { left in
      other.utf8.withContiguousStorageIfAvailable { right in left.lexicographicallyPrecedes(right) }
    }
    return (order ?? nil) ?? utf8.lexicographicallyPrecedes(other.utf8)
  }
}
