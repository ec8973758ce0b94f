/// Code inside of a line, `{{like this}}`.
///
/// Only its braces are escaped, `{{\\{id\\}}}`: everything else in it, a backslash too, is what it is. So code with a
/// backslash before a brace, or at its end, cannot be written as code; it is written as text.
enum WikiCode {
  /// Where the code ends whose inside begins here: at two braces that are not escaped, in the same line.
  static func end(in scalars: [Unicode.Scalar], from start: Int, to limit: Int) -> Int? {
    var index = start
    while index + 2 <= limit, scalars[index] != "\n" {
      if scalars[index] == "}", scalars[index + 1] == "}" { return index }
      index += isEscape(scalars, index) ? 2 : 1
    }
    return nil
  }

  private static func isEscape(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    scalars[index] == "\\" && index + 1 < scalars.count && (scalars[index + 1] == "{" || scalars[index + 1] == "}")
  }

  /// What stands between the braces, as code.
  static func text(of scalars: ArraySlice<Unicode.Scalar>) -> String {
    var result: [Unicode.Scalar] = []
    for scalar in scalars {
      if scalar == "{" || scalar == "}", result.last == "\\" { result.removeLast() }
      result.append(scalar)
    }
    return String(scalars: result)
  }

  /// Code as it is written; nil where wiki markup cannot.
  static func written(_ code: String) -> String? {
    var result: [Unicode.Scalar] = []
    for scalar in code.unicodeScalars {
      if scalar == "{" || scalar == "}" {
        if result.last == "\\" { return nil }
        result.append("\\")
      }
      result.append(scalar)
    }
    return result.last == "\\" ? nil : "{{" + String(scalars: result) + "}}"
  }
}
