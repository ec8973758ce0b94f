/// Wiki markup as Jira Data Center has it: people are mentioned by their user names, `[~rohit]`, where Jira Cloud has
/// `[~accountid:…]`.
extension RichTextDocument {
  package init(serverWiki text: String) { self.init(wiki: ServerWiki.withAccounts(text)) }

  package var serverWiki: String { ServerWiki.withNames(wiki) }
}

extension RichTextPatch {
  /// A text of a Data Center with what changed in a document written into it; what did not change stays as it is.
  package static func serverWiki(current: String, new: RichTextDocument) -> String {
    ServerWiki.withNames(text(current: ServerWiki.withAccounts(current), new: new.adf, format: .wiki))
  }
}

/// One way of mentioning for the other.
enum ServerWiki {
  private static let account = Array("accountid:".unicodeScalars)

  /// `[~rohit]` becomes `[~accountid:rohit]`; what is escaped stays.
  static func withAccounts(_ text: String) -> String {
    rewritten(text) { scalars, start in (account, start) }
  }

  /// `[~accountid:rohit]` becomes `[~rohit]`.
  static func withNames(_ text: String) -> String {
    rewritten(text) { scalars, start in
      scalars[start...].starts(with: account) ? ([], start + account.count) : ([], start)
    }
  }

  /// - Parameter change: what stands before a name that begins there, and where the rest goes on.
  private static func rewritten(
    _ text: String, _ change: (ArraySlice<Unicode.Scalar>, Int) -> ([Unicode.Scalar], Int)
  ) -> String {
    guard text.utf8.contains(UInt8(ascii: "~")) else { return text }
    let scalars = Array(text.unicodeScalars)[...]
    var result = String.UnicodeScalarView()
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      result.append(scalar)
      index += 1
      if scalar == "\\", index < scalars.count {
        result.append(scalars[index])
        index += 1
      } else if scalar == "~", index > 1, "[|".unicodeScalars.contains(scalars[index - 2]), closes(scalars, index) {
        let (words, next) = change(scalars, index)
        result.append(contentsOf: words)
        index = next
      }
    }
    return String(result)
  }

  /// Whether what begins here is a name up to a closing bracket.
  private static func closes(_ scalars: ArraySlice<Unicode.Scalar>, _ start: Int) -> Bool {
    let limit = min(scalars.endIndex, start + 200)
    guard let end = scalars[start..<limit].firstIndex(of: "]"), end > start else { return false }
    return WikiInlines.isAccount(String(scalars: scalars[start..<end]))
  }
}
