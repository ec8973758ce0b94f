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

  /// - Parameter label: what is chosen, for people.
  static func choice(
    _ name: String, _ options: [(value: String, label: String)], chosen: String? = nil, label: String
  ) -> String {
    let items = options.map { option in
      "<option value=\"\(escape(option.value))\"\(option.value == chosen ? " selected" : "")>"
        + "\(escape(option.label))</option>"
    }
    return "<label>\(escape(label)) <select name=\"\(escape(name))\">\(items.joined())</select></label>"
  }

  var html: String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(Self.escape(title))</title><link rel="icon" href="data:,">
    <style>
    :root{color-scheme:light dark;--ink:#172b4d;--faint:#5e6c84;--line:#c7cbd3;--paper:#fff;--accent:#0b57a4}
    @media (prefers-color-scheme:dark){
    :root{--ink:#e3e6ea;--faint:#a3acb8;--line:#3d444e;--paper:#1b1e23;--accent:#8fc1f5}}
    *{box-sizing:border-box}
    body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:1.5rem auto;padding:0 1rem;color:var(--ink);
    background:var(--paper);overflow-wrap:anywhere}
    a{color:var(--accent)}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:1.8rem}
    table{border-collapse:collapse;width:100%}th{font-weight:600;color:var(--faint);white-space:nowrap}td{overflow-wrap:normal}
    td.text,th+td{overflow-wrap:anywhere}th+td{width:100%}
    td,th{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
    form{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin:.8rem 0}.tall{width:100%}
    button,select,input,textarea{font:inherit;padding:.4rem .7rem;max-width:100%}
    .tall input,textarea{display:block;width:100%}
    .note{color:var(--faint)}article,.box{border:1px solid var(--line);border-radius:6px;padding:.4rem .8rem;margin:.6rem 0}
    </style></head><body><h1>\(Self.escape(title))</h1>
    \(body)
    <p class="note">A simulated system for trying things out; nothing here reaches anybody.</p></body></html>
    """
  }
}
