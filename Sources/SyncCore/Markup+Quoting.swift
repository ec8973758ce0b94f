import RichText

extension RichTextFormat {
  /// A name as text of this markup: people choose their own names, and no name may be read as markup by a browser.
  func quoting(_ name: String) -> String {
    guard self == .html else { return name }
    var result = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
