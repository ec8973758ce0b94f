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
    /// A bracket is open on this line, and what stood just before is it or its bar.
    var isInBracket = false
    var mayBegin = false
    /// Ends that do not come any more.
    var missing: Set<String> = []
    while index < scalars.count {
      if let end = codeEnd(scalars, index, &missing) {
        result.append(contentsOf: scalars[index..<end])
        index = end
        mayBegin = false
        continue
      }
      let scalar = scalars[index]
      result.append(scalar)
      index += 1
      switch scalar {
      case "\\" where index < scalars.count:
        result.append(scalars[index])
        index += 1
        mayBegin = false
      case "[":
        isInBracket = true
        mayBegin = true
      case "|": mayBegin = isInBracket
      case "]", "\n":
        isInBracket = false
        mayBegin = false
      case "~" where mayBegin && closes(scalars, index):
        let (words, next) = change(scalars, index)
        result.append(contentsOf: words)
        index = next
        mayBegin = false
      default: mayBegin = false
      }
    }
    return String(result)
  }

  /// Where code ends that begins here: nothing in it mentions anybody. Nil: none begins, or it has no end.
  private static func codeEnd(
    _ scalars: ArraySlice<Unicode.Scalar>, _ start: Int, _ missing: inout Set<String>
  ) -> Int? {
    guard scalars[start] == "{" else { return nil }
    let rest = scalars[(start + 1)...]
    var begin: (end: String, from: Int)?
    for name in ["code", "noformat"] where rest.starts(with: name.unicodeScalars) {
      begin = rest.prefix(200).firstIndex(of: "}").map { ("{\(name)}", $0 + 1) }
    }
    if rest.first == "{" { begin = ("}}", start + 2) }
    guard let begin, !missing.contains(begin.end) else { return nil }
    let end = end(of: begin.end, in: scalars, from: begin.from)
    if end == nil { missing.insert(begin.end) }
    return end
  }

  private static func end(of text: String, in scalars: ArraySlice<Unicode.Scalar>, from start: Int) -> Int? {
    let wanted = Array(text.unicodeScalars)
    var index = start
    while index + wanted.count <= scalars.endIndex {
      if scalars[index] == wanted[0], scalars[index..<index + wanted.count].elementsEqual(wanted) {
        return index + wanted.count
      }
      index += 1
    }
    return nil
  }

  /// Whether what begins here is a name up to a closing bracket.
  private static func closes(_ scalars: ArraySlice<Unicode.Scalar>, _ start: Int) -> Bool {
    let limit = min(scalars.endIndex, start + 200)
    guard let end = scalars[start..<limit].firstIndex(of: "]"), end > start else { return false }
    return WikiInlines.isAccount(String(scalars: scalars[start..<end]))
  }
}
