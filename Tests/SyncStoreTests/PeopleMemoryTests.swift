import Foundation
import SyncCore
import SyncModel
import SyncStore
import Testing

@Suite("Who is who, as the store remembers it")
struct PeopleMemoryTests {
  private static let now = Timestamp(seconds: 1_780_000_000)

  private func grant(_ user: CRMUserID, _ account: AccountID, name: String? = nil) -> StoredGrant {
    StoredGrant(
      connection: "acme", user: CRMUser(id: user, name: name, email: nil), account: account, accountName: "Somebody",
      timeZone: nil, cloudID: "cloud", scopes: [], state: .active, lapseReason: nil,
      expiresAt: Self.now + .seconds(3600), connectedAt: Self.now)
  }

  @Test("Whoever connects, connects as another or disconnects is known so at once, on every store of the file")
  func isNeverOld() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "counterpart-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let stores = try (0..<2).map { _ in try Store(path: folder.appending(path: "people.sqlite").path) }
    func expect(_ user: CRMUserID, _ account: AccountID?) async throws {
      for store in stores { #expect(try await store.people(of: "acme").account(of: user) == account) }
    }
    try await expect("7", nil)
    _ = try await stores[0].connect(grant("7", "one"), now: Self.now)
    try await expect("7", "one")
    // The same row number as before.
    _ = try await stores[1].connect(grant("7", "two"), now: Self.now + .seconds(1))
    try await expect("7", "two")
    for store in stores { #expect(try await store.people(of: "acme").user(of: "one") == nil) }
    _ = try await stores[0].disconnect(connection: "acme", user: "7", now: Self.now)
    try await expect("7", nil)
    _ = try await stores[1].connect(grant("8", "two", name: "Mark"), now: Self.now + .seconds(2))
    try await expect("7", nil)
    try await expect("8", "two")
    for store in stores { #expect(try await store.people(of: "acme").user(of: "two")?.name == "Mark") }
    _ = try await stores[0].connect(grant("7", "two"), now: Self.now + .seconds(3))
    for store in stores { #expect(try await store.people(of: "acme").isAmbiguous("two")) }
    #expect(try await stores[0].people(of: "other") == People())
    for store in stores { try store.close() }
  }

  @Test("A refresh of tokens changes nobody, and is not taken for a change")
  func refresh() async throws {
    let store = try Store()
    _ = try await store.connect(grant("7", "one"), now: Self.now)
    let read = try #require(try await store.grant(connection: "acme", user: "7"))
    let tokens = StoredGrant.Tokens(access: [1], refresh: [2])
    #expect(try await store.storeRefreshed(read, tokens: tokens, expiresAt: Self.now, now: Self.now))
    #expect(try await store.people(of: "acme").account(of: "7") == "one")
  }
}
