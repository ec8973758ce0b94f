/// A choice of two levels as text: `Hardware > Printer`, or only `Hardware`.
struct CascadingText: Hashable, CustomStringConvertible {
  var parent: String
  var child: String?

  init(parent: String, child: String?) {
    self.parent = parent
    self.child = child.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// What stands before the first `>` is the parent; blanks around it do not count.
  init(_ text: String) {
    let parts = text.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(
      parent: String(parts.first ?? "").asOneLine, child: parts.count > 1 ? String(parts[1]).asOneLine : nil)
  }

  var description: String { child.map { "\(parent) > \($0)" } ?? parent }
}

/// Truth values as CRMs write them.
enum TruthText {
  /// `true`, `1`, `yes`, `y`, `on` and their opposites, in any case; nothing is false; nil: it is neither.
  static func read(_ text: String) -> Bool? {
    switch text.trimmed.lowercased() {
    case "true", "1", "yes", "y", "on": true
    case "false", "0", "no", "n", "off", "": false
    default: nil
    }
  }
}

/// Keys of issues.
enum IssueKeyText {
  /// `OPS-12`, in capitals; nil when the text is none.
  static func normalised(_ text: String) -> String? {
    let key = text.trimmed.uppercased()
    let parts = key.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = parts[0].utf8.first, (0x41...0x5A).contains(first), parts[1].utf8.first != 0x30,
      parts[0].utf8.count >= 2, key.utf8.count <= 100, !parts[1].isEmpty,
      parts[0].utf8.allSatisfy({ (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }),
      parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return key
  }
}
