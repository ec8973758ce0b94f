import CLibXML2

/// One step of a path such as `customer/name`: the children of that name.
struct ChildName: Sendable {
  /// UTF-8 with a zero at its end.
  private let bytes: [UInt8]

  /// The steps of an expression that is names and slashes; nil for every other expression.
  static func path(_ source: String) -> [ChildName]? {
    let steps = source.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    var names: [ChildName] = []
    for step in steps {
      guard let first = step.first, isLetter(first), step.allSatisfy({ isLetter($0) || isLater($0) }) else {
        return nil
      }
      names.append(ChildName(bytes: Array(step) + [0]))
    }
    return names
  }

  var text: String { String(decoding: bytes.dropLast(), as: UTF8.self) }

  /// Whether an element has the name.
  func names(_ node: xmlNodePtr) -> Bool {
    guard node.pointee.type == XML_ELEMENT_NODE, let name = node.pointee.name else { return false }
    var index = 0
    while name[index] == bytes[index] {
      if bytes[index] == 0 { return true }
      index += 1
    }
    return false
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == UInt8(ascii: "_")
  }

  private static func isLater(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }
}

extension [ChildName] {
  /// The elements at the end of the path, in document order.
  func elements(below node: xmlNodePtr, _ found: (xmlNodePtr) -> Void) { self[...].walk(node, found) }
}

extension ArraySlice<ChildName> {
  fileprivate func walk(_ node: xmlNodePtr, _ found: (xmlNodePtr) -> Void) {
    guard let name = first else { return found(node) }
    // Attributes and texts have no children that are elements.
    guard node.pointee.type == XML_ELEMENT_NODE || node.pointee.type == XML_DOCUMENT_NODE else { return }
    var child = node.pointee.children
    while let element = child {
      if name.names(element) { dropFirst().walk(element, found) }
      child = element.pointee.next
    }
  }
}
