import CLibXML2
import Synchronization

/// A compiled XPath 1.0 expression, usable from any thread.
package final class XPathExpression: Sendable {
  package static let lengthLimit = 4096

  package let source: String
  /// What it is if it is of the usual kind: JSON answers such an expression as it was read.
  let form: XPathForm?
  /// The names of an expression that is a path of child elements and nothing else, as most are: such a path is walked
  /// without evaluating anything.
  let childPath: [ChildName]?
  /// Whether what it costs grows with the document's size and no faster.
  let isLinear: Bool
  let library: XPathLibrary
  /// The regular expressions that stand in it.
  let patterns: XPathLibrary.Patterns
  /// libxml2 caches function look-ups in a compiled expression while it runs, so one evaluation at a time.
  private let compiled: Mutex<CompiledExpression>

  /// - Throws: ``XPathError`` that says what is wrong with the expression, and where in it. Names of functions and the
  ///   number of their arguments are checked too, which libxml2 does only when it evaluates.
  package init(_ source: String, library: XPathLibrary = .standard) throws(XPathError) {
    patterns = try XPathScanner.check(source, library)
    self.source = source
    self.library = library
    form = XPathForm(source, library)
    childPath = form?.childPath
    isLinear = XPathCost.isLinear(source)
    compiled = Mutex(try CompiledExpression(source))
  }

  /// Calls `body` with the compiled expression, which no other thread uses meanwhile.
  func withCompiled(_ body: (OpaquePointer?) -> Void) {
    compiled.withLock { body(OpaquePointer(bitPattern: $0.address)) }
  }
}

extension XPathExpression: Hashable {
  package static func == (left: XPathExpression, right: XPathExpression) -> Bool { left.source == right.source }
  package func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

/// Owns libxml2's compiled form. The address is kept as a number: it is handed out only under the mutex around it.
private struct CompiledExpression: ~Copyable, Sendable {
  let address: UInt

  init(_ source: String) throws(XPathError) {
    _ = libXML2IsReady
    guard let context = xmlXPathNewContext(nil) else {
      throw XPathError(message: "there is no memory for an expression")
    }
    defer { xmlXPathFreeContext(context) }
    context.pointee.error = ignoreReport
    context.pointee.flags = XML_XPATH_NOVAR
    guard let compiled = withXMLChars(source, { xmlXPathCtxtCompile(context, $0) }) else {
      throw XPathError(context.pointee.lastError, source: source)
    }
    address = UInt(bitPattern: compiled)
  }

  deinit { xmlXPathFreeCompExpr(OpaquePointer(bitPattern: address)) }
}

/// Why an expression does not compile, or could not be evaluated within its bounds.
package struct XPathError: Error, Hashable, Sendable, CustomStringConvertible {
  package var message: String
  /// In characters from the expression's start, where known.
  package var offset: Int?

  package init(message: String, offset: Int? = nil) {
    self.message = message
    self.offset = offset
  }

  package var description: String { message }

  /// libxml2 names only a code and a byte.
  init(_ error: xmlError, source: String) {
    let code = error.code - Int32(XML_XPATH_EXPRESSION_OK.rawValue) + Int32(XPATH_EXPRESSION_OK.rawValue)
    message = Self.sentence(for: code)
    let bytes = Int(error.int1)
    offset = bytes >= 0 && bytes <= source.utf8.count ? source.utf8.prefix(bytes).count { $0 & 0xC0 != 0x80 } : nil
  }

  private static func sentence(for code: Int32) -> String {
    switch UInt32(bitPattern: code) {
    case XPATH_NUMBER_ERROR.rawValue: "the number is malformed"
    case XPATH_UNFINISHED_LITERAL_ERROR.rawValue, XPATH_START_LITERAL_ERROR.rawValue:
      "a text in quotes is not closed"
    case XPATH_VARIABLE_REF_ERROR.rawValue, XPATH_UNDEF_VARIABLE_ERROR.rawValue, XPATH_FORBID_VARIABLE_ERROR.rawValue:
      "variables ($name) are known only to templates, as {$name}"
    case XPATH_INVALID_PREDICATE_ERROR.rawValue: "the condition in [ ] is malformed"
    case XPATH_UNCLOSED_ERROR.rawValue: "a bracket is not closed"
    case XPATH_UNKNOWN_FUNC_ERROR.rawValue: "the function is not known"
    case XPATH_INVALID_OPERAND.rawValue, XPATH_INVALID_TYPE.rawValue: "a value is of the wrong type here"
    case XPATH_INVALID_ARITY.rawValue: "a function has too many or too few arguments"
    case XPATH_UNDEF_PREFIX_ERROR.rawValue: "names have no prefix here"
    case XPATH_ENCODING_ERROR.rawValue, XPATH_INVALID_CHAR_ERROR.rawValue: "a character is not allowed here"
    case XPATH_OP_LIMIT_EXCEEDED.rawValue:
      "the evaluation took too many steps for a document of this size; make the expression simpler"
    case XPATH_RECURSION_LIMIT_EXCEEDED.rawValue, XPATH_STACK_ERROR.rawValue: "the expression nests too deep"
    default: "the expression is malformed or ends too early"
    }
  }
}
