/// The plain HTML of the simulated systems' pages; nothing of it is a product page.
struct SimulatedPage {
  var title: String
  /// Already HTML.
  var body: String

  /// Text as HTML shows it.
  static func escape(_ text: some StringProtocol) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Text whose line ends are kept.
  static func paragraph(_ text: String) -> String { "<p style=\"white-space:pre-wrap\">\(escape(text))</p>" }

  static func hidden(_ name: String, _ value: String) -> String {
    "<input type=\"hidden\" name=\"\(escape(name))\" value=\"\(escape(value))\">"
  }

  static func choice(_ name: String, _ options: [(value: String, label: String)], chosen: String? = nil) -> String {
    let items = options.map { option in
      "<option value=\"\(escape(option.value))\"\(option.value == chosen ? " selected" : "")>"
        + "\(escape(option.label))</option>"
    }
    return "<select name=\"\(escape(name))\">\(items.joined())</select>"
  }

  var html: String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>\(Self.escape(title))</title>
    <style>
    body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#172b4d}
    table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #dfe1e6}
    form{margin:.6rem 0}button,select,input,textarea{font:inherit;padding:.3rem .6rem}textarea{width:100%}
    .note{color:#5e6c84}article{border:1px solid #dfe1e6;border-radius:6px;padding:.4rem .8rem;margin:.6rem 0}
    </style></head><body><h1>\(Self.escape(title))</h1>
    \(body)
    <p class="note">A simulated system for trying things out; nothing here reaches anybody.</p></body></html>
    """
  }
}
