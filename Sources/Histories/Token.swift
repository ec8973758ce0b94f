/// A word that stands for one thing that somebody did, so that a checker finds it again wherever it was carried:
/// a letter that says what, and a number that nothing else of the history has.
struct Token: Hashable, CustomStringConvertible {
  enum Kind: UInt8 {
    /// A case, in its title and in everything that is derived from that.
    case record = 0x6B  // k
    case title = 0x73  // s
    case titleInJira = 0x74  // t
    case text = 0x64  // d
    case comment = 0x63  // c
    case commentInJira = 0x6A  // j
    /// What a comment says since it was changed in the CRM, or in Jira.
    case edit = 0x65  // e
    case editInJira = 0x67  // g
    /// Only forged deliveries say it.
    case forged = 0x66  // f
  }

  var kind: Kind
  var number: Int

  var description: String { String(Unicode.Scalar(kind.rawValue)) + String(number) }

  /// The tokens in a text: words of one small letter and digits.
  static func all(in text: String) -> [Token] {
    var found: [Token] = []
    var kind: Kind?
    var number: Int?
    var isInWord = false
    func end() {
      if let kind, let number { found.append(Token(kind: kind, number: number)) }
      (kind, number, isInWord) = (nil, nil, false)
    }
    for byte in text.utf8 {
      let isDigit = byte >= 0x30 && byte <= 0x39
      let isLetter = byte >= 0x61 && byte <= 0x7A || byte >= 0x41 && byte <= 0x5A || byte >= 0x80
      if !isDigit, !isLetter {
        end()
      } else if !isInWord {
        isInWord = true
        kind = Kind(rawValue: byte)
      } else if isDigit, kind != nil {
        number = (number ?? 0) * 10 + Int(byte - 0x30)
      } else {
        (kind, number) = (nil, nil)
      }
    }
    end()
    return found
  }

  static func first(_ kind: Kind, in text: String) -> Token? { all(in: text).first { $0.kind == kind } }
}
