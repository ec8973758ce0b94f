package import JSON
package import SyncModel

/// Takes one person out of what is kept, and leaves the rest as it is. Pure.
package struct Erasure: Hashable, Sendable {
  /// What stands for somebody whose name was erased.
  package static let word = "a former user"

  private let names: [String]
  private let accounts: Set<AccountID>

  /// - Parameter names: as they were shown; those of fewer than two characters are no names.
  package init(names: some Sequence<String>, accounts: Set<AccountID> = []) {
    self.names = Set(names).filter { $0.unicodeScalars.count > 1 && $0 != Self.word }
      .sorted { ($1.count, $0) < ($0.count, $1) }
    self.accounts = accounts
  }

  package var isEmpty: Bool { names.isEmpty && accounts.isEmpty }

  /// The text with ``word`` in place of the names, where they stand as whole words.
  package func text(_ text: String) -> String {
    names.reduce(text) { Self.replacing($1, in: $0) }
  }

  /// The JSON in which nobody stands in the accounts' place: as Jira itself shows deleted users.
  package func json(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text) where accounts.contains(AccountID(text)): .string(AccountID.deletedUser.rawValue)
    case .array(let elements): .array(elements.map(json))
    case .object(let members): .object(members.map { JSONMember($0.key, json($0.value)) })
    case .null, .bool, .number, .string: value
    }
  }

  private static func replacing(_ name: String, in text: String) -> String {
    let (text, name) = (Array(text.unicodeScalars), Array(name.unicodeScalars))
    guard text.count >= name.count else { return String(scalars: text[...]) }
    var result = String.UnicodeScalarView()
    var place = 0
    while place < text.count {
      let end = place + name.count
      let isThere =
        end <= text.count && text[place..<end].elementsEqual(name) && !isLetter(text, place - 1) && !isLetter(text, end)
      if isThere {
        result.append(contentsOf: word.unicodeScalars)
        place = end
      } else {
        result.append(text[place])
        place += 1
      }
    }
    return String(result)
  }

  private static func isLetter(_ text: [Unicode.Scalar], _ place: Int) -> Bool {
    guard text.indices.contains(place) else { return false }
    return text[place].properties.isAlphabetic || text[place].properties.numericType != nil
  }
}

extension String {
  fileprivate init(scalars: ArraySlice<Unicode.Scalar>) {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    self.init(view)
  }
}
