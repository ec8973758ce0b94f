/// A place in one of the files that admins edit.
package struct SourcePosition: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Relative to the mappings folder.
  package var file: String
  /// From 1.
  package var line: Int
  /// From 1; nil where libxml2 does not tell it.
  package var column: Int?

  package init(file: String, line: Int, column: Int? = nil) {
    self.file = file
    self.line = line
    self.column = column
  }

  package var description: String { column.map { "\(file):\(line):\($0)" } ?? "\(file):\(line)" }

  package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    (left.file, left.line, left.column ?? 0) < (right.file, right.line, right.column ?? 0)
  }
}

/// One finding of the compiler, printed as `file:line[:column]: error: …`.
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
  package enum Severity: String, Hashable, Sendable { case error, warning }

  package var severity: Severity
  package var position: SourcePosition
  /// What is wrong, and what was probably meant.
  package var message: String

  package init(_ severity: Severity, at position: SourcePosition, _ message: String) {
    self.severity = severity
    self.position = position
    self.message = message
  }

  package var description: String { "\(position): \(severity.rawValue): \(message)" }
}
