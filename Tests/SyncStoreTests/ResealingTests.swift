import SyncModel
import Testing

@testable import SyncStore

@Suite("Sealed tokens are put under another key beside a server")
struct ResealingTests {
  private static let time = Timestamp(milliseconds: 1_000)

  private static func grant(_ token: UInt8, refresh: [UInt8]? = [9]) -> StoredGrant {
    StoredGrant(
      connection: "acme", user: CRMUser(id: "7", name: "Rohit", email: nil), account: "acc-rohit",
      accountName: "Rohit", timeZone: nil, cloudID: "cloud", scopes: [], state: .active, lapseReason: nil,
      generation: 1, accessToken: [token], refreshToken: refresh, expiresAt: time + .seconds(3600), connectedAt: time)
  }

  private static func stored(in store: Store) async throws -> StoredGrant {
    try #require(try await store.grant(connection: "acme", user: "7"))
  }

  /// A store with a grant, and the grant as a rotation read it.
  private static func scene(refresh: [UInt8]? = [9]) async throws -> (store: Store, read: StoredGrant) {
    let store = try Store()
    _ = try await store.connect(grant(1, refresh: refresh), now: time)
    return (store, try await stored(in: store))
  }

  @Test("Only the sealed bytes change, with a refresh token or without", arguments: [[9], nil] as [[UInt8]?])
  func plain(_ refresh: [UInt8]?) async throws {
    let (store, read) = try await Self.scene(refresh: refresh)
    let new: [UInt8]? = refresh == nil ? nil : [19]
    #expect(try await store.reseal(read, accessToken: [11], refreshToken: new))
    var expected = read
    expected.accessToken = [11]
    expected.refreshToken = new
    #expect(try await Self.stored(in: store) == expected)
    // A second one, begun before the first, finds other bytes.
    #expect(try await store.reseal(read, accessToken: [12], refreshToken: new) == false)
    #expect(try await Self.stored(in: store) == expected)
  }

  @Test("A refresh that came between keeps its new pair")
  func refreshed() async throws {
    let (store, read) = try await Self.scene()
    #expect(
      try await store.storeRefreshed(
        read, tokens: StoredGrant.Tokens(access: [2], refresh: [3]), expiresAt: read.expiresAt, now: Self.time))
    #expect(try await store.reseal(read, accessToken: [11], refreshToken: [19]) == false)
    let now = try await Self.stored(in: store)
    #expect((now.accessToken, now.refreshToken, now.generation) == ([2], [3], 2))
  }

  @Test("A refresh that is under way stores its pair over the re-sealed one")
  func refreshing() async throws {
    let (store, read) = try await Self.scene()
    #expect(try await store.claimRefresh(of: read, until: Self.time + .seconds(45), now: Self.time))
    #expect(try await store.reseal(read, accessToken: [11], refreshToken: [19]))
    #expect(try await store.claimRefresh(of: read, until: Self.time + .seconds(45), now: Self.time) == false)
    #expect(
      try await store.storeRefreshed(
        read, tokens: StoredGrant.Tokens(access: [2], refresh: [4]), expiresAt: read.expiresAt, now: Self.time))
    let now = try await Self.stored(in: store)
    #expect((now.accessToken, now.refreshToken, now.generation) == ([2], [4], 2))
  }

  @Test("A person who connected anew meanwhile, or disconnected, is left alone")
  func reconnected() async throws {
    let (store, read) = try await Self.scene()
    _ = try await store.connect(Self.grant(5, refresh: [6]), now: Self.time + .seconds(1))
    #expect(try await store.reseal(read, accessToken: [11], refreshToken: [19]) == false)
    #expect(try await Self.stored(in: store).accessToken == [5])
    _ = try await store.disconnect(connection: "acme", user: "7", now: Self.time)
    // Connected anew: the first generation again, and made at another time.
    _ = try await store.connect(Self.grant(1), now: Self.time + .seconds(2))
    #expect(try await store.reseal(read, accessToken: [11], refreshToken: [19]) == false)
    _ = try await store.disconnect(connection: "acme", user: "7", now: Self.time)
    #expect(try await store.reseal(read, accessToken: [11], refreshToken: [19]) == false)
    #expect(try await store.grants() == [])
  }

  @Test("What waits for confirmation is re-sealed while it waits, once; what expired or was confirmed is not")
  func pending() async throws {
    let store = try Store()
    let end = Self.time + .seconds(600)
    for state in [UInt8(1), 2] {
      let authorization = Authorization(
        stateHash: [state], connection: "acme", user: CRMUser(id: "7", name: nil, email: nil), browserHash: [3],
        expiresAt: end)
      try await store.begin(authorization, now: Self.time)
    }
    #expect(try await store.pendingAuthorizations(now: Self.time) == [])
    _ = try await store.use(stateHash: [1], browserHash: [3], now: Self.time)
    try await store.keepPending([4], stateHash: [1], until: end)
    let read = try #require(try await store.pendingAuthorizations(now: Self.time).first)
    #expect(read.pending == [4])
    #expect(try await store.pendingAuthorizations(now: end) == [])
    #expect(try await store.reseal(read, pending: [14]))
    #expect(try await store.reseal(read, pending: [24]) == false)
    #expect(try await store.takePending(stateHash: [1], browserHash: [3], now: Self.time)?.pending == [14])
    #expect(try await store.reseal(read, pending: [34]) == false)
  }
}
