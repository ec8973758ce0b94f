import FoundationEssentials
import JSON
import SyncModel
import XML

/// Reads single settings and collects what is wrong with them. Values never reach a message: some are secrets.
struct SettingsReader {
  private(set) var problems: [String] = []
  private var values: [String: String] = [:]

  init(environment: [String: String]) {
    let known = Set(Settings.keys.map(\.name))
    if let path = environment["COUNTERPART_CONFIG"] { readFile(path, known: known) }
    for (key, value) in environment where key.hasPrefix("COUNTERPART_") {
      if known.contains(key) { values[key] = value } else { problems.append(Self.unknown(key, known)) }
    }
    problems.sort()
  }

  private mutating func readFile(_ path: String, known: Set<String>) {
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      problems.append("COUNTERPART_CONFIG: the file cannot be read")
      return
    }
    do throws(JSONError) {
      guard let members = try JSONReader.read(Array(data)).members else {
        problems.append("COUNTERPART_CONFIG: the file must hold one JSON object")
        return
      }
      for member in members {
        if !known.contains(member.key) || member.key == "COUNTERPART_CONFIG" {
          problems.append(Self.unknown(member.key, known))
        } else if let text = member.value.text {
          values[member.key] = text
        } else {
          problems.append("\(member.key): the value in the file must be a string or a number")
        }
      }
    } catch { problems.append("COUNTERPART_CONFIG: \(error)") }
  }

  private static func unknown(_ key: String, _ known: Set<String>) -> String {
    "\(key): there is no such setting" + NearestName.hint(key, in: known)
  }

  func text(_ key: String) -> String? { values[key].flatMap { $0.isEmpty ? nil : $0 } }

  mutating func refuse(_ key: String, _ reason: String) { problems.append("\(key) \(reason)") }

  mutating func number(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let text = text(key) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      refuse(key, "is no whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  /// `KEY`, or what is in the file that `KEY_FILE` names, without white space at its ends.
  mutating func secret(_ key: String) -> Secret? {
    let (value, path) = (text(key), text(key + "_FILE"))
    if value != nil, path != nil {
      refuse(key, "and \(key)_FILE are both set; one of them is enough")
      return nil
    }
    if let value { return Secret(value) }
    guard let path else { return nil }
    guard let secret = SecretFile.read(path) else {
      refuse(key + "_FILE", "names a file that cannot be read or is empty")
      return nil
    }
    return secret
  }
}

/// A file that holds one secret.
enum SecretFile {
  /// Nil when it cannot be read, is empty, or is larger than 64 KiB.
  static func read(_ path: String) -> Secret? {
    guard let data = try? Data(contentsOf: URL(filePath: path)), data.count <= 65_536,
      let text = String(validating: data, as: UTF8.self)
    else { return nil }
    let scalars = text.unicodeScalars
    let start = scalars.firstIndex { !$0.properties.isWhitespace }
    let end = scalars.lastIndex { !$0.properties.isWhitespace }
    guard let start, let end else { return nil }
    return Secret(String(scalars[start...end]))
  }
}
