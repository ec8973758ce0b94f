import Mustache

/// The content type of every template: escapes what HTML gives a meaning, scalar by scalar.
///
/// swift-mustache's own HTML type walks characters, and a quote with a combining accent is another character than a
/// quote: it left the attribute unescaped. A pragma holds for one template only, so ``Pages`` puts it before each.
struct HTMLText: MustacheContentType {
  static let name = "COUNTERPART_HTML"

  /// Registers the type; reading it again does nothing.
  static let registration: Void = MustacheContentTypes.register(HTMLText(), named: name)

  func escapeText(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      case "`": result.append(contentsOf: "&#96;".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
