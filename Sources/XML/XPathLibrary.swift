/// A function that expressions may call beside XPath's own: a value, so that modules above this one can add theirs.
package struct XPathFunction: Sendable {
  /// What is wrong with an argument that stands in the expression itself, and so is known before anything is evaluated.
  package struct ArgumentProblem: Error, Hashable, Sendable {
    package var argument: Int
    package var message: String
    /// In characters, into the argument's text.
    package var offset: Int

    package init(argument: Int, message: String, offset: Int = 0) {
      self.argument = argument
      self.message = message
      self.offset = offset
    }
  }

  /// Why a call gave no value.
  package struct Failure: Error, Hashable, Sendable {
    package var message: String

    package init(message: String) { self.message = message }
  }

  /// What a call gives: a text, or a truth value, written `true` or `false`.
  package enum Result: Hashable, Sendable { case text, truth }

  package let name: String
  package let arguments: ClosedRange<Int>
  let result: Result
  /// Looks at the arguments, of which those are nil that the case decides.
  let check: @Sendable ([String?]) throws(ArgumentProblem) -> Void
  let call: @Sendable ([String], XPathLibrary.Patterns) throws(Failure) -> String
  /// How it is written, and what it gives, for people; nil: it is one of XPath's own.
  package let manual: Manual?

  /// A line of the reference.
  package struct Manual: Hashable, Sendable {
    /// `lower(text)`.
    package var form: String
    package var words: String
  }

  package init(
    _ name: String, _ arguments: ClosedRange<Int>, _ result: Result = .text,
    manual: (form: String, words: String)? = nil,
    check: @escaping @Sendable ([String?]) throws(ArgumentProblem) -> Void = { _ throws(ArgumentProblem) in },
    call: @escaping @Sendable ([String], XPathLibrary.Patterns) throws(Failure) -> String
  ) {
    self.name = name
    self.arguments = arguments
    self.result = result
    self.manual = manual.map { Manual(form: $0.form, words: $0.words) }
    self.check = check
    self.call = call
  }
}

/// The functions that an expression may call beside XPath's own.
package struct XPathLibrary: Sendable {
  /// Regular expressions that stand in an expression, compiled once.
  package struct Patterns: Sendable {
    var known: [String: RegularExpression] = [:]

    func pattern(_ source: String) throws(RegularExpression.Problem) -> RegularExpression {
      if let pattern = known[source] { return pattern }
      return try RegularExpression(source)
    }
  }

  let functions: [String: XPathFunction]

  /// `lower`, `upper`, `default` and `replace`, and bounded forms of XPath's own that take more than linear time or room.
  package static let standard = XPathLibrary([
    lower, upper, firstNonEmpty, replace, concat, translate, contains, substringBefore, substringAfter,
  ])

  private init(_ functions: [XPathFunction]) {
    self.functions = Dictionary(functions.map { ($0.name, $0) }) { first, _ in first }
  }

  /// What is there beside XPath's own functions, in the order of the names.
  package var manual: [XPathFunction.Manual] {
    functions.values.sorted { $0.name < $1.name }.compactMap(\.manual)
  }

  /// This library and more.
  package func adding(_ more: [XPathFunction]) -> XPathLibrary { XPathLibrary(Array(functions.values) + more) }

  /// No text that an expression makes is longer, in UTF-8.
  package static let textLimit = 4 << 20

  private static let lower = XPathFunction(
    "lower", 1...1, manual: ("lower(text)", "the text in small letters")
  ) { (texts, _) in texts[0].lowercased() }
  private static let upper = XPathFunction(
    "upper", 1...1, manual: ("upper(text)", "the text in capitals")
  ) { (texts, _) in texts[0].uppercased() }
  private static let firstNonEmpty = XPathFunction(
    "default", 2...2, manual: ("default(text, otherwise)", "`otherwise` where the text is empty")
  ) { (texts, _) in
    texts[0].isEmpty ? texts[1] : texts[0]
  }

  private static let replace = XPathFunction(
    "replace", 3...3,
    manual: (
      "replace(text, pattern, replacement)",
      "the text with every match of a regular expression replaced; `$1` is its first group. It never backtracks, so it "
        + "has no references back and no looking around; `(?i)` at the start ignores case"
    )
  ) { texts throws(XPathFunction.ArgumentProblem) in
    guard let source = texts[1] else { return }
    let pattern: RegularExpression
    do throws(RegularExpression.Problem) { pattern = try RegularExpression(source) } catch {
      throw XPathFunction.ArgumentProblem(
        argument: 1, message: "the regular expression is wrong: \(error.message)", offset: error.offset)
    }
    guard let replacement = texts[2], let highest = RegularExpression.highestGroup(in: replacement),
      highest.group > pattern.groups
    else { return }
    throw XPathFunction.ArgumentProblem(
      argument: 2, message: "$\(highest.group) is no group: the pattern has \(pattern.groups)", offset: highest.offset)
  } call: { texts, patterns throws(XPathFunction.Failure) in
    let pattern: RegularExpression
    do throws(RegularExpression.Problem) { pattern = try patterns.pattern(texts[1]) } catch {
      throw XPathFunction.Failure(message: "replace(): the regular expression is wrong: \(error.message)")
    }
    do { return try pattern.replacing(in: texts[0], with: texts[2]) } catch {
      throw XPathFunction.Failure(message: "replace(): text and regular expression take too many steps together")
    }
  }

  /// As XPath's own, which copies what it has so far for every argument.
  private static let concat = XPathFunction("concat", 2...100) { texts, _ throws(XPathFunction.Failure) in
    guard texts.reduce(0, { $0 + $1.utf8.count }) <= textLimit else {
      throw XPathFunction.Failure(message: "concat(): the text would be longer than \(textLimit >> 20) MiB")
    }
    return texts.joined()
  }

  /// As XPath's own, which begins to compare anew at every place.
  private static let contains = XPathFunction("contains", 2...2, .truth) { texts, _ in
    TextSearch.range(of: texts[1], in: texts[0]) == nil ? "false" : "true"
  }
  private static let substringBefore = XPathFunction("substring-before", 2...2) { texts, _ in
    TextSearch.range(of: texts[1], in: texts[0]).map { String(texts[0].utf8[..<$0.lowerBound]) ?? "" } ?? ""
  }
  private static let substringAfter = XPathFunction("substring-after", 2...2) { texts, _ in
    TextSearch.range(of: texts[1], in: texts[0]).map { String(texts[0].utf8[$0.upperBound...]) ?? "" } ?? ""
  }

  /// As XPath's own, which looks through the second text for every character of the first.
  private static let translate = XPathFunction("translate", 3...3) { texts, _ throws(XPathFunction.Failure) in
    var table: [Unicode.Scalar: Unicode.Scalar?] = [:]
    let targets = Array(texts[2].unicodeScalars)
    for (index, scalar) in texts[1].unicodeScalars.enumerated() where table[scalar] == nil {
      table[scalar] = .some(index < targets.count ? targets[index] : nil)
    }
    var result = String.UnicodeScalarView()
    for scalar in texts[0].unicodeScalars {
      guard let change = table[scalar] else {
        result.append(scalar)
        continue
      }
      if let change { result.append(change) }
    }
    return String(result)
  }
}
