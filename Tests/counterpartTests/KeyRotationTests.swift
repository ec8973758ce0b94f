import Foundation
import Glibc
import JSON
import SyncEngine
import SyncModel
import SyncStore
import Testing
import TokenVault

@testable import counterpart

@Suite("The encryption keys are replaced")
struct KeyRotationTests {
  static let now = Timestamp(seconds: 1_780_000_000)
  static let people = ["7", "8", "9"]

  struct Killed: Error {}

  /// A key file with comments around one key, and a database with three grants and a connection that waits to be
  /// confirmed, sealed with it: seven tokens.
  struct Scene {
    let folder: TestFolder
    let store: Store
    let settings: Settings
    let before: String

    init(isFile: Bool = true) async throws {
      folder = try TestFolder()
      let key = KeyRing.newKey()
      before = "# made in spring\n\(key)\n\n# the end"
      try folder.write("keys", before)
      #expect(chmod(folder.path + "/keys", 0o600) == 0)
      settings = try Settings(
        environment: [
          "COUNTERPART_DATABASE": folder.path + "/server.sqlite",
          isFile ? "COUNTERPART_KEY_FILE" : "COUNTERPART_KEY": isFile ? folder.path + "/keys" : key,
        ])
      store = try Store(path: settings.database)
      let vault = Vault(keys: try KeyRing(text: before))
      for id in people { _ = try await store.connect(try grant(CRMUserID(id), vault), now: now) }
      let user = CRMUser(id: "10", name: nil, email: nil)
      let end = now + .seconds(600)
      let attempt = Authorization(stateHash: [1], connection: "acme", user: user, browserHash: [2], expiresAt: end)
      try await store.begin(attempt, now: now)
      _ = try await store.use(stateHash: [1], browserHash: [2], now: now)
      try await store.keepPending(
        try vault.seal(Secret("pending-token"), for: attempt.label), stateHash: [1], until: end)
    }

    var text: String { folder.text("keys") ?? "" }
    var ring: KeyRing { get throws { try KeyRing(text: text) } }

    func rotate(onRow: @escaping (Int) async throws -> Void = { _ in }) async throws -> KeyRotation.Report {
      try await KeyRotation(settings: settings, store: store, grace: .zero, onRow: onRow).run(now: now)
    }

    func survey(_ text: String) async throws -> TokenCustody.Survey {
      try await TokenCustody(store: store, vault: Vault(keys: try KeyRing(text: text))).survey(now: now)
    }

    /// Every key and token of the scene that has come into the words.
    func secrets(in words: String) -> [Substring] {
      (text.split(separator: "\n").filter { !$0.hasPrefix("#") } + ["access-", "refresh-", "pending-token"])
        .filter { words.contains($0) }
    }
  }

  static func grant(_ user: CRMUserID, _ vault: Vault, generation: Int64 = 1) throws -> StoredGrant {
    var grant = StoredGrant(
      connection: "acme", user: CRMUser(id: user, name: nil, email: nil), account: AccountID("acc-\(user.rawValue)"),
      accountName: "Somebody", timeZone: nil, cloudID: "cloud", scopes: [], state: .active, lapseReason: nil,
      generation: generation, expiresAt: now + .seconds(3600), connectedAt: now)
    grant.accessToken = try vault.seal(Secret("access-\(user.rawValue)"), for: grant.label(.accessToken))
    grant.refreshToken = try vault.seal(Secret("refresh-\(user.rawValue)"), for: grant.label(.refreshToken))
    return grant
  }

  @Test("A new key comes first into the file, which keeps its lines and mode, and everything is sealed with it")
  func rotates() async throws {
    let scene = try await Scene()
    defer { scene.folder.remove() }
    let old = try scene.ring.ids[0]
    let report = try await scene.rotate()
    let new = try scene.ring.ids[0]
    #expect(try scene.ring.ids == [new, old])
    #expect(scene.text.hasPrefix("# \(new), made 2026-05-28T20:26:40.000Z\n"))
    #expect(scene.text.hasSuffix("\n" + scene.before))
    #expect(try scene.folder.mode("keys") == 0o600)
    #expect(scene.folder.text(".keys.tmp") == nil)
    #expect(report.isNew && report.isDone && report.resealed == 7 && report.removable == [old])
    // The old key is not needed any more, and the tokens are the same.
    let alone = scene.text.split(separator: "\n")[1]
    #expect(try await scene.survey(String(alone)).opening == [new: 7])
    let vault = Vault(keys: try KeyRing(text: String(alone)))
    let grant = try #require(try await scene.store.grant(connection: "acme", user: "8"))
    #expect(try vault.open(#require(grant.refreshToken), for: grant.label(.refreshToken)).reveal() == "refresh-8")
    #expect((grant.generation, grant.state) == (1, .active))
    let list = KeyList(keys: report.keys, survey: report.survey)
    #expect(list.text == "KEY       STATE    TOKENS\n\(new)  current  7\n\(old)  older    0")
    let words = report.text(isFile: true) + report.json.pretty + list.text + list.json.pretty
    #expect(words.contains("nothing is sealed under \(old) any more"))
    #expect(scene.secrets(in: words) == [])
    #expect(scene.secrets(in: scene.text).count == 2)
  }

  @Test("Killed after any row, it goes on when it is run again, and makes no further key", arguments: [1, 3, 5, 7])
  func resumes(_ tokens: Int) async throws {
    let scene = try await Scene()
    defer { scene.folder.remove() }
    await #expect(throws: Killed.self) { _ = try await scene.rotate { if $0 >= tokens { throw Killed() } } }
    let left = scene.text
    let half = try await scene.survey(left)
    #expect(half.opening.values.reduce(0, +) == 7 && half.damaged == 0 && half.wanting.isEmpty)
    guard half.opening.count == 2 else {
      // Everything had been moved: the next one is a rotation of its own.
      #expect(tokens == 7)
      return
    }
    let report = try await scene.rotate()
    #expect(scene.text == left)
    #expect(!report.isNew && report.isDone && report.resealed < 7)
    #expect(report.survey.opening == [report.current: 7])
    #expect(try await scene.rotate().isNew)
    #expect(try scene.ring.ids.count == 3)
  }

  @Test("Killed between the key file and the first row, or with a new key put first by hand, it re-seals")
  func byHand() async throws {
    let scene = try await Scene()
    defer { scene.folder.remove() }
    try scene.folder.write("keys", KeyRing.newKey() + "\n" + scene.before)
    let text = scene.text
    let report = try await scene.rotate()
    #expect(!report.isNew && report.isDone && report.resealed == 7)
    #expect(scene.text == text)
  }

  @Test("A refresh that a server stores meanwhile under the old key is found, and nothing of it is lost")
  func besideAServer() async throws {
    let scene = try await Scene()
    defer { scene.folder.remove() }
    let old = Vault(keys: try scene.ring)
    let settings = scene.settings
    let report = try await scene.rotate { count in
      guard count == 2 else { return }
      // Another process, between two rows.
      let renewed = try Self.grant("9", old, generation: 2)
      let store = try Store(path: settings.database)
      let read = try #require(try await store.grant(connection: "acme", user: "9"))
      _ = try await store.storeRefreshed(
        read, tokens: renewed.tokens, expiresAt: read.expiresAt, now: SystemClock.now)
      try store.close()
    }
    #expect(report.isDone && report.survey.opening == [report.current: 7])
    #expect(try await scene.store.grant(connection: "acme", user: "9")?.generation == 2)
  }

  @Test("A running server takes the new key up by itself, for what it seals and what it opens")
  func running() async throws {
    let scene = try await Scene()
    defer { scene.folder.remove() }
    let server = KeyFile.vault(try scene.ring, file: scene.settings.keyFile)
    let report = try await scene.rotate()
    let grant = try #require(try await scene.store.grant(connection: "acme", user: "7"))
    let label = grant.label(.accessToken)
    #expect(try server.open(grant.accessToken, for: label).reveal() == "access-7")
    #expect(server.standing(of: try server.seal(Secret("x"), for: label), for: label) == .opens(report.current))
    // A file that is being edited changes nothing, and counts again once it is whole.
    let whole = scene.text
    try scene.folder.write("keys", "half a ke")
    #expect(server.standing(of: try server.seal(Secret("x"), for: label), for: label) == .opens(report.current))
    try scene.folder.write("keys", KeyRing.newKey() + "\n" + whole)
    let newest = try scene.ring.ids[0]
    #expect(server.standing(of: try server.seal(Secret("x"), for: label), for: label) == .opens(newest))
  }

  @Test("Where the key is in the environment, the command says what to do by hand, and then re-seals")
  func environment() async throws {
    let scene = try await Scene(isFile: false)
    defer { scene.folder.remove() }
    let error = await #expect(throws: CommandError.self) { _ = try await scene.rotate() }
    #expect(error?.description.hasPrefix("the key is given by COUNTERPART_KEY") == true)
    #expect(scene.text == scene.before)
    var settings = scene.settings
    settings.keys = settings.keys.map { Secret(KeyRing.newKey() + "\n" + $0.reveal()) }
    let report = try await KeyRotation(settings: settings, store: scene.store, grace: .zero).run(now: Self.now)
    #expect(!report.isNew && report.isDone && report.resealed == 7)
  }

  @Test("Two at once are one: the second is refused, and the file stays")
  func once() async throws {
    let scene = try await Scene()
    defer { scene.folder.remove() }
    let lock = try FolderLock(of: scene.folder.path + "/keys", taken: "")
    await #expect(throws: CommandError.self) { _ = try await scene.rotate() }
    #expect(scene.text == scene.before)
    _ = consume lock
  }

  @Test("Tokens whose key is gone stay as they are and are named; the rest is re-sealed")
  func missing() async throws {
    let scene = try await Scene()
    defer { scene.folder.remove() }
    let other = Vault(keys: try KeyRing(text: KeyRing.newKey()))
    _ = try await scene.store.connect(try Self.grant("8", other), now: Self.now)
    let report = try await scene.rotate()
    #expect(!report.isDone && report.resealed == 5)
    #expect(report.survey.wanting == [other.keyIDs[0]: 2])
    #expect(report.text(isFile: true).contains("they want the keys \(other.keyIDs[0]), which are not there"))
    let custody = TokenCustody(store: scene.store, vault: Vault(keys: try scene.ring))
    let problem = try #require(try await KeyProblem(custody, keys: report.keys, now: Self.now))
    #expect(!problem.isTotal)
    #expect(scene.secrets(in: problem.description) == [])
  }

  @Test("A start with other keys than the tokens want is refused in one sentence that names them and shows none")
  func wrongKey() async throws {
    let scene = try await Scene()
    defer { scene.folder.remove() }
    let wanted = try scene.ring.ids[0]
    let right = TokenCustody(store: scene.store, vault: Vault(keys: try scene.ring))
    #expect(try await KeyProblem(right, keys: scene.ring.ids, now: Self.now) == nil)
    let text = KeyRing.newKey()
    let wrong = Vault(keys: try KeyRing(text: text))
    let custody = TokenCustody(store: scene.store, vault: wrong)
    let problem = try #require(try await KeyProblem(custody, keys: wrong.keyIDs, now: Self.now))
    #expect(problem.isTotal)
    #expect(
      problem.description
        == "none of the 6 sealed tokens in the database opens: they want the key \(wanted), and COUNTERPART_KEY or "
        + "COUNTERPART_KEY_FILE holds \(wrong.keyIDs[0]); put the line of the key \(wanted) back, or, where it is lost, "
        + "delete the tokens with 'counterpart users disconnect', and let everybody connect again")
    #expect(scene.secrets(in: problem.description) == [] && !problem.description.contains(text))
    let refused = await #expect(throws: CommandError.self) {
      _ = try await Composition(settings: scene.settings, folder: scene.folder.mappings, keys: Secret(text))
    }
    #expect(refused?.description == problem.description)
    // The way out that the sentence names.
    for id in Self.people {
      _ = try await scene.store.disconnect(connection: "acme", user: CRMUserID(id), now: Self.now)
    }
    #expect(try await KeyProblem(custody, keys: wrong.keyIDs, now: Self.now) == nil)
  }
}
