import CLibXML2

/// The extension functions of our expressions; no others exist.
enum XPathFunctions {
  static func register(in context: xmlXPathContextPtr) {
    withXMLChars("lower") { name in
      _ = xmlXPathRegisterFunc(context, name) { parser, count in XPathFunctions.map(parser, count) { $0.lowercased() } }
    }
    withXMLChars("upper") { name in
      _ = xmlXPathRegisterFunc(context, name) { parser, count in XPathFunctions.map(parser, count) { $0.uppercased() } }
    }
    withXMLChars("default") { name in
      _ = xmlXPathRegisterFunc(context, name) { parser, count in XPathFunctions.firstNonEmpty(parser, count) }
    }
  }

  private static func map(_ parser: xmlXPathParserContextPtr?, _ count: Int32, _ change: (String) -> String) {
    guard let parser, count == 1 else { return refuse(parser) }
    push(change(takeString(xmlXPathPopString(parser))), to: parser)
  }

  /// `default(a, b)`: a, or b where a is empty.
  private static func firstNonEmpty(_ parser: xmlXPathParserContextPtr?, _ count: Int32) {
    guard let parser, count == 2 else { return refuse(parser) }
    let second = takeString(xmlXPathPopString(parser))
    let first = takeString(xmlXPathPopString(parser))
    push(first.isEmpty ? second : first, to: parser)
  }

  private static func push(_ text: String, to parser: xmlXPathParserContextPtr) {
    _ = valuePush(parser, withXMLChars(text) { xmlXPathNewString($0) })
  }

  private static func refuse(_ parser: xmlXPathParserContextPtr?) {
    if let parser { xmlXPathErr(parser, Int32(XPATH_INVALID_ARITY.rawValue)) }
  }
}
