import CLibXML2

/// What a document lends to libxml2 while an expression is evaluated: the library that its functions are looked up in.
final class XPathCalls {
  var library: XPathLibrary?
  var patterns = XPathLibrary.Patterns()
  /// Why a function gave no value.
  var failure: String?

  /// Makes the context look up functions here before it looks among its own.
  func register(in context: xmlXPathContextPtr) {
    xmlXPathRegisterFuncLookup(context, lookUpFunction, Unmanaged.passUnretained(self).toOpaque())
  }

  static func of(_ pointer: UnsafeMutableRawPointer?) -> XPathCalls? {
    pointer.map { Unmanaged<XPathCalls>.fromOpaque($0).takeUnretainedValue() }
  }
}

private func lookUpFunction(
  _ data: UnsafeMutableRawPointer?, _ name: UnsafePointer<xmlChar>?, _ namespace: UnsafePointer<xmlChar>?
) -> xmlXPathFunction? {
  guard XPathCalls.of(data)?.library?.functions[copyString(name)] != nil else { return nil }
  return callFunction
}

/// Calls the function that libxml2 is about to call: it keeps the name in the context (xpath.c, `XPATH_OP_FUNCTION`).
private func callFunction(_ parser: xmlXPathParserContextPtr?, _ count: Int32) {
  guard let parser, let context = parser.pointee.context, let calls = XPathCalls.of(context.pointee.funcLookupData),
    let function = calls.library?.functions[copyString(context.pointee.function)]
  else { return }
  guard function.arguments.contains(Int(count)) else { return xmlXPathErr(parser, Int32(XPATH_INVALID_ARITY.rawValue)) }
  var texts: [String] = []
  for _ in 0..<count { texts.append(takeString(xmlXPathPopString(parser))) }
  do throws(XPathFunction.Failure) {
    let result = try function.call(texts.reversed(), calls.patterns)
    // A long text is more work than a node: libxml2 counts the call as one step.
    context.pointee.opCount += UInt(texts.reduce(0) { $0 + $1.utf8.count } / XPathCost.bytesPerStep)
    guard context.pointee.opLimit == 0 || context.pointee.opCount <= context.pointee.opLimit else {
      return xmlXPathErr(parser, Int32(XPATH_OP_LIMIT_EXCEEDED.rawValue))
    }
    switch function.result {
    case .text: _ = valuePush(parser, withXMLChars(result) { xmlXPathNewString($0) })
    case .truth: _ = valuePush(parser, xmlXPathNewBoolean(result == "true" ? 1 : 0))
    }
  } catch {
    calls.failure = calls.failure ?? error.message
    xmlXPathErr(parser, Int32(XPATH_EXPR_ERROR.rawValue))
  }
}
