import XML

/// Reads `[{number}] {subject}` into its pieces. `{{` and `}}` are the braces themselves.
struct TemplateParser {
  /// What is wrong with a template, and where, in characters from its start.
  struct Problem: Error, Hashable {
    var message: String
    var offset: Int
  }

  /// The names that `{$name}` may have; nil: any, the caller judges.
  var variables: Set<String>?
  /// Whether there is a case to evaluate `{xpath}` on.
  var allowsExpressions: Bool

  func parse(_ source: String) throws(Problem) -> Template {
    let scalars = Array(source.unicodeScalars)
    var pieces: [Template.Piece] = []
    var text = String.UnicodeScalarView()
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      let isDoubled = index + 1 < scalars.count && scalars[index + 1] == scalar
      if scalar == "{" && !isDoubled {
        if !text.isEmpty { pieces.append(.text(String(text))) }
        text = String.UnicodeScalarView()
        let end = try closing(scalars, from: index)
        pieces.append(try hole(scalars[(index + 1)..<end]))
        index = end + 1
      } else if scalar == "}" && !isDoubled {
        throw Problem(message: "a closing brace stands alone; write }} for the character itself", offset: index)
      } else {
        text.append(scalar)
        index += scalar == "{" || scalar == "}" ? 2 : 1
      }
    }
    if !text.isEmpty { pieces.append(.text(String(text))) }
    return Template(source: source, pieces: pieces)
  }

  private func closing(_ scalars: [Unicode.Scalar], from start: Int) throws(Problem) -> Int {
    var quote: Unicode.Scalar?
    for index in (start + 1)..<scalars.count {
      if let open = quote {
        if scalars[index] == open { quote = nil }
      } else if scalars[index] == "'" || scalars[index] == "\"" {
        quote = scalars[index]
      } else if scalars[index] == "}" {
        return index
      }
    }
    throw Problem(message: "a brace is not closed; write {{ for the character itself", offset: start)
  }

  private func hole(_ content: ArraySlice<Unicode.Scalar>) throws(Problem) -> Template.Piece {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: content)
    let text = String(view)
    if text.hasPrefix("$") {
      let name = String(text.dropFirst())
      if let variables, !variables.contains(name) {
        let known = variables.sorted().map { "$\($0)" }.joined(separator: ", ")
        let hint = NearestName.find(name, in: variables).map { "; did you mean $\($0)?" } ?? "; there are \(known)"
        throw Problem(
          message: "the variable $\(name) is not known here\(hint)",
          offset: content.startIndex)
      }
      return .variable(name)
    }
    guard allowsExpressions else {
      throw Problem(
        message: "only variables, {$name}, may stand here: there is no case to ask", offset: content.startIndex)
    }
    do {
      return .expression(try XPathExpression(text, library: .documents))
    } catch {
      throw Problem(message: error.message, offset: content.startIndex + (error.offset ?? 0))
    }
  }
}
