import CLibXML2

/// One step of a path such as `customer/name`: the children of that name.
final class ChildName: Sendable {
  let text: String
  let bytes: [UInt8]
  /// The name may be that of a key which is no name (see ``XMLNames``).
  let isEscaped: Bool

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
    isEscaped = text.contains("_x")
  }

  /// Whether an element has the name.
  func names(_ node: xmlNodePtr) -> Bool {
    guard node.pointee.type == XML_ELEMENT_NODE, let name = node.pointee.name else { return false }
    for index in bytes.indices where name[index] != bytes[index] { return false }
    return name[bytes.count] == 0
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
