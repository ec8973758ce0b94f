import SyncModel
import XML

extension MappingCompilation {
  /// Every place of a mapping where text that is internal on one side could be read by more people on the other.
  mutating func internalText(in mapping: Mapping, _ outline: MappingOutline, _ profile: CRMProfile) -> [Diagnostic] {
    Self.comments(mapping, profile) + commentsInFields(outline, profile)
  }

  /// A profile that cannot say that a comment is internal.
  private static func comments(_ mapping: Mapping, _ profile: CRMProfile) -> [Diagnostic] {
    guard let rule = mapping.comments, rule.direction.writesCRM, rule.whenInternal == .internal,
      let request = profile.api?.requests[.addComment], !request.uses("public")
    else { return [] }
    let cannot = "the profile '\(profile.name)' cannot say that a comment is internal (add-comment has no {$public})"
    if rule.whenPublic == .internal {
      return [
        Diagnostic(
          .warning, at: rule.position,
          "\(cannot), so what is internal in Jira stays so only if the CRM keeps every such comment internal")
      ]
    }
    return [
      Diagnostic(
        .error, at: rule.position,
        "\(cannot), so customers may read what is internal in Jira; write internal=\"skip\", or public=\"internal\" if "
          + "the CRM keeps every such comment internal")
    ]
  }

  /// Fields and titles that are made of comments' texts, whoever may read those.
  private mutating func commentsInFields(_ mapping: MappingOutline, _ profile: CRMProfile) -> [Diagnostic] {
    let place = commentPlaces[profile.name] ?? CommentPlace(profile.delivery.event)
    commentPlaces[profile.name] = .some(place)
    guard let comments = place, comments.mayReach(mapping.jiraText) else { return [] }
    let found = mapping.jiraSources.filter { $0.expressions.contains { comments.isText(of: $0) } }
    return found.map(\.position).map { position in
      Diagnostic(
        .warning, at: position,
        "this takes the text of comments, internal ones too (the profile '\(profile.name)' finds them at "
          + "\(comments.path.joined(separator: "/"))), and whoever sees the issue reads it; name only public ones, "
          + "with [\(comments.isPublic)]")
    }
  }
}

/// Where a delivery's comments have their texts, as names of elements from the event.
struct CommentPlace {
  let path: [String]
  let isPublic: String
  private let casePath: [String]
  /// The names that decide who may read a comment.
  private let deciding: Set<String>

  /// Nil: there are none, all are public, or where they are cannot be told.
  init?(_ event: EventRules) {
    guard let comment = event.comment, let select = PathText.single(comment.select.source),
      let body = PathText.single(comment.body.source), let caseNode = PathText.single(event.caseNode.source),
      !select.isAbsolute, !body.isAbsolute, !caseNode.isAbsolute, let from = caseNode.resolved(from: []),
      let place = select.resolved(from: []).flatMap({ body.resolved(from: $0) })
    else { return nil }
    path = place
    casePath = from
    isPublic = comment.isPublic.source
    deciding = Set(PathText.all(in: isPublic).flatMap(\.steps))
    if deciding.isEmpty { return nil }
  }

  /// Whether any expression of a text can lead from the case to a comment at all: only with a step that is a dot or two, or
  /// by the comments' name in the case. Folders hold thousands of expressions, and most lead elsewhere.
  func mayReach(_ expressions: [UInt8]) -> Bool {
    if expressions.contains(UInt8(ascii: ".")) { return true }
    guard path.count > casePath.count, path.starts(with: casePath) else { return false }
    return TextSearch.holds(Array(path[casePath.count].utf8), in: expressions)
  }

  /// Whether an expression, from the case, surely gives a comment's text without asking who may read it.
  func isText(of expression: String) -> Bool {
    guard mayReach(Array(expression.utf8)) else { return false }
    return PathText.all(in: expression).contains { found in
      guard found.isWhole, !found.isAbsolute, let steps = found.resolved(from: casePath), !steps.isEmpty else {
        return false
      }
      let asked = Set(found.predicates.flatMap { PathText.all(in: $0, predicates: true) }.flatMap(\.steps))
      // The text of an element is also that of everything in it.
      return path.starts(with: steps) && asked.isDisjoint(with: deciding)
    }
  }
}

/// A path that stands in an expression, by the names of its steps.
private struct PathText {
  var steps: [String] = []
  var predicates: [String] = []
  var isAbsolute = false
  /// Its text is part of the expression's: it is not merely counted, compared or looked into.
  var isWhole = true

  private static let passing: Set<String> = [
    "", "default", "concat", "string", "lower", "upper", "replace", "translate", "substring", "substring-before",
    "substring-after", "normalize-space",
  ]

  /// The one path that an expression is; nil: it is more than that.
  static func single(_ source: String) -> PathText? {
    let all = all(in: source)
    guard all.count == 1, let path = all.first, path.isWhole,
      source.unicodeScalars.prefix(while: { $0 != "[" }).allSatisfy({
        $0.continuesXMLName || $0 == "/" || $0 == "*" || $0.isXMLBlank
      })
    else { return nil }
    return path
  }

  /// The paths outside of texts and of conditions in square brackets.
  ///
  /// - Parameter predicates: the source is such a condition, so that comparing is what it is for.
  static func all(in source: String, predicates: Bool = false) -> [PathText] {
    var reader = PathReader(source)
    reader.read()
    var found = reader.found
    if reader.compares && !predicates { for index in found.indices { found[index].isWhole = false } }
    for index in found.indices where !reader.functions[index].allSatisfy(passing.contains) {
      found[index].isWhole = false
    }
    return found
  }

  /// The steps from the event, where `base` is where the path begins; nil where that cannot be told.
  func resolved(from base: [String]) -> [String]? {
    var result = base
    for step in steps {
      switch step {
      case ".": continue
      case "..": if result.popLast() == nil { return nil }
      case "*", "//", "::", "@": return nil
      default: result.append(step)
      }
    }
    return result
  }
}

/// Finds the paths of an expression that compiles.
private struct PathReader {
  let expression: XPathTokens
  var found: [PathText] = []
  /// By path: the functions around it.
  var functions: [[String]] = []
  var compares = false
  private var path: PathText?
  private var around: [String] = []

  init(_ source: String) { expression = XPathTokens(source) }

  mutating func read() {
    var rest = expression.tokens[...]
    while let token = rest.popFirst() {
      switch token.kind {
      case .text, .number: end()
      case .word where token.isOperator:
        end()
        compares = true
      case .word:
        if let next = rest.first, expression.isSymbol(next, "(") {
          end()
          around.append(expression.text(token.range))
          rest.removeFirst()
        } else if let next = rest.first, expression.isSymbol(next, ":") {
          add("::")
          rest.removeFirst()
        } else {
          add(expression.text(token.range))
        }
      case .symbol: read(token, &rest)
      }
    }
    end()
  }

  private mutating func read(_ token: XPathTokens.Token, _ rest: inout ArraySlice<XPathTokens.Token>) {
    switch expression.text(token.range) {
    case "[":
      let asked = predicate(behind: token, &rest)
      path?.predicates.append(asked)
    case "(":
      end()
      around.append("")
    case ")":
      end()
      _ = around.popLast()
    case "/": if path == nil { path = PathText(isAbsolute: true) }
    case "//":
      if path == nil { path = PathText(isAbsolute: true) }
      add("//")
    case ".", "..", "@": add(expression.text(token.range))
    case "*" where !token.isOperator: add("*")
    case "=", "<", ">", "!=", "<=", ">=", "+":
      end()
      compares = true
    default: end()
    }
  }

  private mutating func add(_ step: String) {
    if path == nil { path = PathText() }
    path?.steps.append(step)
  }

  private mutating func end() {
    guard let path else { return }
    found.append(path)
    functions.append(around)
    self.path = nil
  }

  /// The text of a condition; its closing bracket is taken, too.
  private func predicate(behind open: XPathTokens.Token, _ rest: inout ArraySlice<XPathTokens.Token>) -> String {
    var depth = 1
    while let token = rest.popFirst() {
      depth += expression.isSymbol(token, "[") ? 1 : expression.isSymbol(token, "]") ? -1 : 0
      if depth == 0 { return expression.text(open.range.upperBound..<token.range.lowerBound) }
    }
    return expression.text(open.range.upperBound..<expression.scalars.count)
  }
}

extension RequestRule {
  /// Whether a variable stands anywhere in what is sent.
  fileprivate func uses(_ variable: String) -> Bool {
    func has(_ template: Template) -> Bool {
      template.pieces.contains { if case .variable(variable) = $0 { true } else { false } }
    }
    return body?.uses(variable) == true || form?.uses(variable) == true || has(path)
      || headers.contains { has($0.value) }
  }
}
