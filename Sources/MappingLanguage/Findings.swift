import SyncModel
import XML

/// What is found while one file is compiled, and the readings that can find something.
struct Findings {
  let file: String
  private(set) var diagnostics: [Diagnostic] = []

  init(file: String) { self.file = file }

  func position(_ element: XMLElement) -> SourcePosition {
    SourcePosition(file: file, line: max(1, element.line), column: element.column)
  }

  /// - Parameter offset: into the attribute's value, in characters.
  func position(_ attribute: XMLAttribute, offset: Int = 0) -> SourcePosition {
    let place = attribute.place(of: offset)
    return SourcePosition(file: file, line: max(1, place.line), column: place.column)
  }

  mutating func error(_ message: String, at position: SourcePosition) {
    diagnostics.append(Diagnostic(.error, at: position, message))
  }

  mutating func warning(_ message: String, at position: SourcePosition) {
    diagnostics.append(Diagnostic(.warning, at: position, message))
  }

  /// The expression in an attribute; nil when the attribute is absent or, after saying so, wrong.
  mutating func expression(_ element: XMLElement, _ name: String) -> XPathExpression? {
    guard let attribute = element.attribute(name) else { return nil }
    do {
      return try XPathExpression(attribute.value, library: .documents)
    } catch {
      self.error(
        "\(name)=\"\(shown(attribute.value))\": \(error.message)", at: position(attribute, offset: error.offset ?? 0))
      return nil
    }
  }

  /// Says that a condition holds always or never, where that is certain.
  ///
  /// - Parameter record: what it is about, as a word.
  mutating func constant(
    _ element: XMLElement, _ name: String, _ condition: XPathExpression?, _ record: String
  ) -> Bool? {
    guard let condition, let attribute = element.attribute(name), let truth = XPathTruth(of: condition) else {
      return nil
    }
    let reason = "\(shown(truth.part)) is \(truth.value) whatever the \(record) says"
    let hint = truth.isText ? "; a text by itself is no condition, so compare something with it" : ""
    warning(
      "\(name)= \(truth.value ? "holds for every \(record)" : "never holds"): \(reason)\(hint)",
      at: position(attribute, offset: truth.offset))
    return truth.value
  }

  /// The template in an attribute; nil when the attribute is absent or, after saying so, wrong.
  mutating func template(
    _ element: XMLElement, _ name: String, variables: Set<String>?, allowsExpressions: Bool
  ) -> Template? {
    guard let attribute = element.attribute(name) else { return nil }
    do {
      return try TemplateParser(variables: variables, allowsExpressions: allowsExpressions).parse(attribute.value)
    } catch {
      self.error(
        "\(name)=\"\(shown(attribute.value))\": \(error.message)", at: position(attribute, offset: error.offset))
      return nil
    }
  }

  /// The duration in an attribute; nil when the attribute is absent or, after saying so, wrong.
  mutating func duration(_ element: XMLElement, _ name: String) -> Duration? {
    guard let attribute = element.attribute(name) else { return nil }
    let duration = DurationText.read(attribute.value)
    if duration == nil {
      error("\(name)=\"\(shown(attribute.value))\" is no duration; write 30s, 15m, 72h or 7d", at: position(attribute))
    }
    return duration
  }

  /// An `https` (or loopback `http`) address without a slash at the end.
  mutating func address(_ element: XMLElement, _ name: String) -> String? {
    guard let attribute = element.attribute(name) else { return nil }
    var value = attribute.value
    while value.hasSuffix("/") { value.removeLast() }
    let host = value.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first ?? ""
    let isLoopback = ["127.0.0.1", "localhost", "[::1]"].contains { host == $0 || host.hasPrefix("\($0):") }
    let isSecure = value.hasPrefix("https://")
    guard isSecure || value.hasPrefix("http://"), !host.isEmpty, !host.contains("@"), !value.contains("?"),
      !value.contains("#"), value.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 0x20 })
    else {
      error(
        "\(name)=\"\(shown(attribute.value))\" is no address; write https://host, without user, query or fragment",
        at: position(attribute))
      return nil
    }
    if !isSecure && !isLoopback {
      error("\(name) must be https: tokens and customers' texts travel over it", at: position(attribute))
      return nil
    }
    return value
  }

  /// The case of an enumeration named by an attribute. The schema has checked the names already.
  func choice<Choice: RawRepresentable>(_ element: XMLElement, _ name: String, _ fallback: Choice) -> Choice
  where Choice.RawValue == String {
    element[attribute: name].flatMap(Choice.init(rawValue:)) ?? fallback
  }

  private func shown(_ text: String) -> String { text.count <= 60 ? text : String(text.prefix(57)) + "…" }
}
