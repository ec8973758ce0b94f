import CLibXML2
import JSON

/// Numbers as XPath 1.0 reads them (section 4.4), by libxml2, so that both ways of evaluating agree to the last bit.
enum XPathNumber {
  static func value(of text: String) -> Double { withXMLChars(text) { xmlXPathStringEvalNumber($0) } }
}

extension JSONElements {
  /// The elements that a path leads to, until `body` answers that it has seen enough.
  ///
  /// - Returns: false: `body` has seen enough.
  @discardableResult
  func elements(_ path: XPathForm.Path, from element: Int, _ body: (Int) -> Bool) -> Bool {
    guard path.isAbsolute else { return walk(path, 0, element, body) }
    // The document's only child element is the root.
    guard let first = path.steps.first, first.name.map({ has(Self.root, $0) }) ?? true, meets(Self.root, first) else {
      return true
    }
    return walk(path, 1, Self.root, body)
  }

  private func walk(_ path: XPathForm.Path, _ depth: Int, _ element: Int, _ body: (Int) -> Bool) -> Bool {
    guard depth < path.steps.count else { return body(element) }
    let step = path.steps[depth]
    if let name = step.name {
      return children(of: element, named: name) { child in
        !meets(child, step) || walk(path, depth + 1, child, body)
      }
    }
    return children(of: element) { child in !meets(child, step) || walk(path, depth + 1, child, body) }
  }

  private func meets(_ element: Int, _ step: XPathForm.Step) -> Bool {
    for condition in step.conditions where first(condition, from: element) == nil { return false }
    return true
  }

  /// The first element that a path leads to.
  private func first(_ path: XPathForm.Path, from element: Int) -> Int? {
    var found: [Int] = []
    collect(path, from: element, atMost: 1, into: &found)
    return found.first
  }

  /// The elements that a path leads to, up to a number of them.
  private func collect(_ path: XPathForm.Path, from element: Int, atMost limit: Int = .max, into found: inout [Int]) {
    if path.isPlain { return collect(path, 0, element, limit, &found) }
    elements(path, from: element) {
      found.append($0)
      return found.count < limit
    }
  }

  /// As most paths are, so that these are walked without a closure for each step.
  private func collect(_ path: XPathForm.Path, _ depth: Int, _ element: Int, _ limit: Int, _ found: inout [Int]) {
    guard found.count < limit else { return }
    guard depth < path.steps.count, let name = path.steps[depth].name else { return found.append(element) }
    guard tape.kind(element) == .object else {
      _ = children(of: element, named: name) { child in
        collect(path, depth + 1, child, limit, &found)
        return found.count < limit
      }
      return
    }
    let end = tape.end(element)
    var next = member(named: name, from: element + 1, before: end)
    while let member = next {
      let memberEnd = tape.end(member)
      if tape.kind(member) == .array {
        var item = member + 1
        while item < memberEnd, found.count < limit {
          collect(path, depth + 1, item, limit, &found)
          item = tape.end(item)
        }
      } else {
        collect(path, depth + 1, member, limit, &found)
      }
      next = found.count < limit ? self.member(named: name, from: memberEnd, before: end) : nil
    }
  }

  func nodes(_ form: XPathForm, from element: Int) -> [Int] {
    guard case .path(let path) = form else { return [] }
    var found: [Int] = []
    collect(path, from: element, into: &found)
    return found
  }

  /// The texts of the nodes; of what is no set of nodes, its one text.
  func texts(_ form: XPathForm, from element: Int, _ patterns: XPathLibrary.Patterns) throws(XPathError) -> [String] {
    guard case .path = form else { return [try string(form, from: element, patterns)] }
    return nodes(form, from: element).map(text)
  }

  func string(_ form: XPathForm, from element: Int, _ patterns: XPathLibrary.Patterns) throws(XPathError) -> String {
    switch form {
    case .path(let path):
      return first(path, from: element).map(text) ?? ""
    case .text(let text): return text
    case .call(let function, let arguments):
      var texts: [String] = []
      for argument in arguments { texts.append(try string(argument, from: element, patterns)) }
      do throws(XPathFunction.Failure) { return try function.call(texts, patterns) } catch {
        throw XPathError(message: error.message)
      }
    case .number, .truth, .not, .all, .any, .comparison:
      return try boolean(form, from: element, patterns) ? "true" : "false"
    }
  }

  func boolean(_ form: XPathForm, from element: Int, _ patterns: XPathLibrary.Patterns) throws(XPathError) -> Bool {
    switch form {
    case .path(let path): return first(path, from: element) != nil
    case .text(let text): return !text.isEmpty
    case .number(let number): return number != 0 && !number.isNaN
    case .truth(let truth): return truth
    case .call(let function, _):
      let text = try string(form, from: element, patterns)
      return function.result == .truth ? text == "true" : !text.isEmpty
    case .not(let form): return try !boolean(form, from: element, patterns)
    case .all(let parts):
      for part in parts where try !boolean(part, from: element, patterns) { return false }
      return true
    case .any(let parts):
      for part in parts where try boolean(part, from: element, patterns) { return true }
      return false
    case .comparison(let comparison, let left, let right):
      return try compare(comparison, left, right, element, patterns)
    }
  }

  /// XPath 1.0, section 3.4: a set of nodes compares as one that any of its nodes meets.
  private func compare(
    _ comparison: XPathForm.Comparison, _ left: XPathForm, _ right: XPathForm, _ element: Int,
    _ patterns: XPathLibrary.Patterns
  ) throws(XPathError) -> Bool {
    if case .path = right { return try compare(comparison.turned, right, left, element, patterns) }
    guard case .path(let path) = left else {
      return comparison.holds(try value(left, element, patterns), try value(right, element, patterns))
    }
    let value = try value(right, element, patterns)
    return !elements(path, from: element) { found in
      if comparison == .equal, case .text(let text) = value { return !hasText(found, text) }
      return !comparison.holds(.text(text(of: found)), value)
    }
  }

  private func value(
    _ form: XPathForm, _ element: Int, _ patterns: XPathLibrary.Patterns
  ) throws(XPathError) -> XPathForm.Comparison.Value {
    if case .number(let number) = form { return .number(number) }
    return .text(try string(form, from: element, patterns))
  }
}

extension XPathForm.Comparison {
  enum Value {
    case text(String)
    case number(Double)

    var asNumber: Double {
      switch self {
      case .text(let text): XPathNumber.value(of: text)
      case .number(let number): number
      }
    }
  }

  /// `a < b` as seen from `b`.
  fileprivate var turned: Self {
    switch self {
    case .equal, .notEqual: self
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }

  /// Texts are compared as texts only for equality; everything else is a comparison of numbers.
  fileprivate func holds(_ left: Value, _ right: Value) -> Bool {
    if case .text(let left) = left, case .text(let right) = right {
      if self == .equal { return left.utf8.elementsEqual(right.utf8) }
      if self == .notEqual { return !left.utf8.elementsEqual(right.utf8) }
    }
    let (left, right) = (left.asNumber, right.asNumber)
    return switch self {
    case .equal: left == right
    case .notEqual: left != right
    case .less: left < right
    case .lessOrEqual: left <= right
    case .greater: left > right
    case .greaterOrEqual: left >= right
    }
  }
}
