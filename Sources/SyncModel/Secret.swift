/// What is used and never printed, neither in a text nor by looking into it: only its `description` shows.
package protocol Unprinted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Unprinted {
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A token, password or key: it can be used, and it cannot be printed.
package struct Secret: Hashable, Sendable, Unprinted {
  private let text: String

  package init(_ text: String) { self.text = text }

  /// The secret itself. Call it where a header, a MAC or a sealed box is made, and nowhere else.
  package func reveal() -> String { text }

  package var isEmpty: Bool { text.isEmpty }
  package var description: String { "‹hidden›" }
}
