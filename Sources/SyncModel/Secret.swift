/// A token, password or key: it can be used, and it cannot be printed.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let text: String

  package init(_ text: String) { self.text = text }

  /// The secret itself. Call it where a header, a MAC or a sealed box is made, and nowhere else.
  package func reveal() -> String { text }

  package var isEmpty: Bool { text.isEmpty }
  package var description: String { "‹hidden›" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
