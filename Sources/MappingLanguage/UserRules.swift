package import XML

/// Where an answer of the CRM's holds users. Every expression but `select`, which is from the answer's root element, is
/// relative to the user's node.
package struct UserRules: Sendable {
  package var select: XPathExpression
  package var id: XPathExpression
  package var email: XPathExpression
  package var name: XPathExpression?
  /// Nil: all are active.
  package var isActive: XPathExpression?
}

extension Findings {
  mutating func users(_ element: XMLElement) -> UserRules? {
    let select = expression(element, "select")
    let id = expression(element, "id")
    let email = expression(element, "email")
    let name = expression(element, "name")
    let isActive = expression(element, "active")
    guard let select, let id, let email else { return nil }
    return UserRules(select: select, id: id, email: email, name: name, isActive: isActive)
  }
}
