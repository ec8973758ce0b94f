import XML

extension Findings {
  /// Where a secret is kept, as an attribute says it.
  ///
  /// Never repeats the value in a finding: who writes the secret itself here should not find it in a log too.
  mutating func secret(_ element: XMLElement, _ name: String) -> SecretSource? {
    guard let attribute = element.attribute(name) else { return nil }
    if attribute.value.hasPrefix("env:") {
      let variable = String(attribute.value.dropFirst(4))
      let isName = variable.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || $0.isDigit || $0 == "_")
      }
      if isName && !variable.isEmpty && variable.unicodeScalars.first?.isDigit == false {
        return .environment(variable)
      }
      error(
        "\(name)=\"env:…\" must name an environment variable (letters, digits, underscores)", at: position(attribute))
      return nil
    }
    if attribute.value.hasPrefix("file:"), attribute.value.utf8.count > 5 {
      return .file(String(attribute.value.dropFirst(5)))
    }
    error(
      "the secret itself must not stand in this file; say where it is kept: \(name)=\"env:NAME\" or "
        + "\(name)=\"file:PATH\"", at: position(attribute))
    return nil
  }
}
