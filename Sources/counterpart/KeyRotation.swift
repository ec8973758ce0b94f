import FoundationEssentials
import JSON
import SyncEngine
import SyncModel
import SyncStore
import TokenVault

/// Puts everything that is sealed under a new key, beside a server that goes on.
///
/// It may be killed anywhere and repeated: while anything is sealed under an older key it goes on with that and makes no
/// further key. The new key is on disk before anything is sealed with it, and no key is ever taken away.
struct KeyRotation {
  struct Report: Hashable {
    var current: KeyID
    var isNew: Bool
    var resealed = 0
    var keys: [KeyID]
    var survey: TokenCustody.Survey
  }

  let settings: Settings
  let store: Store
  /// How long a server may take between sealing a token and storing it.
  var grace: Duration = .seconds(1)
  /// Told after each row; the rest stays for the next time where it throws.
  var onRow: (_ resealed: Int) async throws -> Void = { _ in }

  /// - Throws: ``CommandError`` where there is nothing that this command could do.
  func run(now: Timestamp) async throws -> Report {
    guard let file = settings.keyFile else {
      let ring = try KeyRing(text: Environment.keys(settings).reveal())
      return try await go(ring, isNew: false, now: now) { throw CommandError(Self.byHand) }
    }
    let lock = try FolderLock(of: file, taken: "another 'counterpart keys rotate' is at work on '\(file)'")
    guard let data = try? Data(contentsOf: URL(filePath: file)), let text = String(validating: data, as: UTF8.self)
    else { throw CommandError("the key file '\(file)' cannot be read") }
    let report = try await go(try KeyRing(text: text), isNew: false, now: now) { try Self.add(to: file, text, now) }
    _ = consume lock
    return report
  }

  /// - Parameter more: makes a new key, where the present one has everything already.
  private func go(
    _ ring: KeyRing, isNew: Bool, now: Timestamp, more: () throws -> KeyRing
  ) async throws -> Report {
    let custody = TokenCustody(store: store, vault: Vault(keys: ring))
    let before = try await custody.survey(now: now)
    if !isNew, before.older(than: ring.ids[0]).isEmpty {
      return try await go(try more(), isNew: true, now: now, more: more)
    }
    var report = Report(current: ring.ids[0], isNew: isNew, keys: ring.ids, survey: before)
    // A token that a server sealed under an older key just before it saw the new one is stored within a moment; one that
    // a server replaced meanwhile is read again.
    for round in 0..<10 {
      if round > 0 { try await Task.sleep(for: grace) }
      try await custody.reseal(now: now) { count in
        report.resealed += count
        try await onRow(report.resealed)
      }
      report.survey = try await custody.survey(now: now)
      if report.survey.older(than: report.current).isEmpty, round > 0 { break }
    }
    return report
  }

  private static func add(to file: String, _ text: String, _ now: Timestamp) throws -> KeyRing {
    let key = KeyRing.newKey()
    let id = try KeyRing(text: key).ids[0]
    let content = "# \(id), made \(now)\n\(key)\n" + text
    let ring = try KeyRing(text: content)
    do throws(ReplacedFile.Failure) { try ReplacedFile(path: file).write(Array(content.utf8)) } catch {
      throw CommandError(
        "the key file '\(file)' cannot be replaced (\(error.reason)), so nothing was re-sealed. Where it comes from "
          + "elsewhere, put a new key (openssl rand -base64 32) there as its first line, above the present one, and "
          + "run this command again")
    }
    return ring
  }

  static let byHand = """
    the key is given by COUNTERPART_KEY, which no command can change. By hand:
      1. make a key: openssl rand -base64 32
      2. put it into COUNTERPART_KEY as the first line, above the present key, which stays
      3. restart the server, so that it knows both
      4. run 'counterpart keys rotate' again, with the same COUNTERPART_KEY: it then re-seals everything
    With COUNTERPART_KEY_FILE instead, this command does all of that, beside a running server
    """
}

extension TokenCustody.Survey {
  /// What still opens with other keys than the current one.
  func older(than current: KeyID) -> [KeyID: Int] { opening.filter { $0.key != current } }
}

extension KeyRotation.Report {
  /// Everything that can be is under the current key, and no key is missing.
  var isDone: Bool { survey.older(than: current).isEmpty && survey.wanting.isEmpty }

  /// Older keys under which nothing is any more.
  var removable: [KeyID] {
    survey.older(than: current).isEmpty ? keys.filter { $0 != current } : []
  }

  func text(isFile: Bool) -> String {
    var lines = [
      isNew
        ? "made the key \(current): it is the first in the key file now, and a running server takes it up by itself"
        : "tokens were still under older keys than the first, \(current): this goes on with them and makes no other "
          + "key; for another key, run it again"
    ]
    lines.append("\(resealed) tokens re-sealed, \(survey.opening[current] ?? 0) are under the key \(current) now")
    let older = survey.older(than: current)
    if !older.isEmpty {
      lines.append("\(older.values.reduce(0, +)) are still under \(older.keys.sorted().words); run it again")
    }
    if !survey.wanting.isEmpty {
      lines.append(
        "\(survey.wanting.values.reduce(0, +)) could not be re-sealed: they want the keys "
          + "\(survey.wanting.keys.sorted().words), which are not there; put their lines back and run it again")
    }
    if survey.damaged > 0 {
      lines.append("\(survey.damaged) are damaged and open with no key; their people must connect again")
    }
    if !removable.isEmpty {
      lines.append(
        "nothing is sealed under \(removable.words) any more: look once more with 'counterpart keys list', and take "
          + "the older lines out of \(isFile ? "the key file" : "COUNTERPART_KEY"); backups of the database that are "
          + "older than this need them still, so keep them with those, apart")
    }
    return lines.joined(separator: "\n")
  }

  var json: JSONValue {
    [
      "current": .string(current.description), "isNew": .bool(isNew), "resealed": .integer(resealed),
      "isDone": .bool(isDone), "keys": KeyList(keys: keys, survey: survey).json,
      "damaged": .integer(survey.damaged), "removable": .array(removable.map { .string($0.description) }),
    ]
  }
}

/// The keys by their names, and how many tokens are under each.
struct KeyList {
  var keys: [KeyID]
  var survey: TokenCustody.Survey

  private var rows: [(id: KeyID, state: String, tokens: Int)] {
    keys.enumerated().map { ($0.element, $0.offset == 0 ? "current" : "older", survey.opening[$0.element] ?? 0) }
      + survey.wanting.sorted { $0.key < $1.key }.map { ($0.key, "missing", $0.value) }
  }

  var text: String {
    var table = TextTable(["KEY", "STATE", "TOKENS"])
    for row in rows { table.add([row.id.description, row.state, String(row.tokens)]) }
    return table.text + (survey.damaged > 0 ? "\n\(survey.damaged) tokens are damaged and open with no key" : "")
  }

  var json: JSONValue {
    .array(
      rows.map { ["id": .string($0.id.description), "state": .string($0.state), "tokens": .integer($0.tokens)] })
  }
}
