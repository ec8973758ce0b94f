package import JSON

extension Diagnostic {
  /// The findings as a log in SARIF 2.1.0 (OASIS), which editors and code hosts show at the places.
  ///
  /// - Parameter findings: each with the address of its file, relative to where the log is read, `/` between the parts.
  package static func sarif(_ findings: [(file: String, diagnostic: Diagnostic)]) -> JSONValue {
    [
      "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        [
          "tool": [
            "driver": [
              "name": "counterpart",
              "rules": [
                rule("error", "What keeps the documents from going live."),
                rule("warning", "What is allowed, and surely not meant."),
              ],
            ]
          ],
          "columnKind": "unicodeCodePoints",
          "results": .array(findings.map { result($0.file, $0.diagnostic) }),
        ]
      ],
    ]
  }

  private static func rule(_ id: String, _ text: String) -> JSONValue {
    ["id": .string(id), "shortDescription": ["text": .string(text)]]
  }

  private static func result(_ file: String, _ diagnostic: Diagnostic) -> JSONValue {
    var region = [JSONMember("startLine", .integer(diagnostic.position.line))]
    if let column = diagnostic.position.column { region.append(JSONMember("startColumn", .integer(column))) }
    return [
      "ruleId": .string(diagnostic.severity.rawValue), "level": .string(diagnostic.severity.rawValue),
      "message": ["text": .string(diagnostic.message)],
      "locations": [
        ["physicalLocation": ["artifactLocation": ["uri": .string(address(file))], "region": .object(region)]]
      ],
    ]
  }

  /// A path as a relative reference (RFC 3986): what such a reference cannot hold is percent-encoded.
  private static func address(_ path: String) -> String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
    return path.utf8.reduce(into: "") { text, byte in
      let hex = String(byte, radix: 16, uppercase: true)
      text += plain.contains(byte) ? String(UnicodeScalar(byte)) : "%" + (hex.utf8.count == 1 ? "0" : "") + hex
    }
  }
}
