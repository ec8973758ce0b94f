import JSON

/// A JSON value seen as elements, which paths lead through without any of them being made.
///
/// A member is a child element; a member that is an array is one element per item, under the member's name; an item of
/// an array that stands in an array or is the root is `item`; null is an empty element. See ``XMLNames`` for how keys
/// become names. An element is named by its entry on the tape.
final class JSONElements: Sendable {
  static let root = 0

  let tape: JSONTape
  /// The root element's.
  let rootName: String

  init(tape: JSONTape, rootName: String) {
    self.tape = tape
    self.rootName = rootName
  }

  /// Calls `body` with each child element, in document order, until it answers that it has seen enough.
  ///
  /// - Returns: false: `body` has seen enough.
  func children(of element: Int, _ body: (Int) -> Bool) -> Bool {
    switch tape.kind(element) {
    case .null, .bool, .number, .string: return true
    case .array: return items(of: element, body)
    case .object:
      var member = element + 1
      let end = tape.end(element)
      while member < end {
        guard tape.kind(member) == .array ? items(of: member, body) : body(member) else { return false }
        member = tape.end(member)
      }
      return true
    }
  }

  private func items(of array: Int, _ body: (Int) -> Bool) -> Bool {
    var item = array + 1
    let end = tape.end(array)
    while item < end {
      guard body(item) else { return false }
      item = tape.end(item)
    }
    return true
  }

  /// As ``children(of:_:)``, of one name only.
  func children(of element: Int, named name: ChildName, _ body: (Int) -> Bool) -> Bool {
    guard tape.kind(element) == .object else {
      return children(of: element) { !has($0, name) || body($0) }
    }
    let end = tape.end(element)
    var next = member(named: name, from: element + 1, before: end)
    while let member = next {
      guard tape.kind(member) == .array ? items(of: member, body) : body(member) else { return false }
      next = self.member(named: name, from: tape.end(member), before: end)
    }
    return true
  }

  /// The first member, from an entry on and before another, that is of a name.
  func member(named name: ChildName, from first: Int, before end: Int) -> Int? {
    guard name.isEscaped else { return tape.member(name.bytes, from: first, before: end) }
    var member = first
    while member < end {
      if has(member, name) { return member }
      member = tape.end(member)
    }
    return nil
  }

  /// Whether an object has a member of the name, were it an empty array, which leaves no element behind.
  func hasMember(_ element: Int, named name: ChildName) -> Bool {
    tape.kind(element) == .object && member(named: name, from: element + 1, before: tape.end(element)) != nil
  }

  /// Whether an element has the name.
  func has(_ element: Int, _ name: ChildName) -> Bool {
    if element != Self.root, !name.isEscaped, tape.hasKey(element, name.bytes) { return true }
    return self.name(of: element) == name.text
  }

  func name(of element: Int) -> String {
    if element == Self.root { return rootName }
    return tape.key(element).map(XMLNames.name) ?? Self.itemName
  }

  private static let itemName = "item"

  /// All text below an element, as `string(.)` gives it.
  func text(of element: Int) -> String {
    switch tape.kind(element) {
    case .null: return ""
    case .bool, .number, .string:
      return tape.isPlain(element) ? tape.text(element) : XMLNames.text(tape.text(element))
    case .array, .object:
      var text = ""
      for entry in (element + 1)..<tape.end(element) {
        switch tape.kind(entry) {
        case .null, .array, .object: continue
        case .bool, .number, .string: text += self.text(of: entry)
        }
      }
      return text
    }
  }

  /// Whether ``text(of:)`` is this.
  func hasText(_ element: Int, _ text: String) -> Bool {
    guard tape.isPlain(element), ![.array, .object].contains(tape.kind(element)) else {
      return self.text(of: element).utf8.elementsEqual(text.utf8)
    }
    return tape.hasText(element, Array(text.utf8))
  }

  /// Whether the value names what a path leads to, be it empty: null, an array of nothing, or something that is empty above it.
  func names(_ path: [ChildName], from element: Int) -> Bool {
    var level = [element]
    for (depth, name) in path.enumerated() {
      var next: [Int] = []
      for parent in level {
        _ = children(of: parent, named: name) {
          next.append($0)
          return true
        }
      }
      guard next.isEmpty else {
        level = next
        continue
      }
      if level.contains(where: { hasMember($0, named: name) }) { return true }
      return depth > 0 && level.allSatisfy { parent in children(of: parent) { _ in false } }
    }
    return true
  }
}
