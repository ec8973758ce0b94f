import ArgumentParser
import Foundation
import MappingLanguage
import SyncEngine
import SyncModel
import SyncStore
import Synchronization
import TokenVault
import Wire

extension Bench {
  struct Grants: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What grants cost: choosing one, one that has expired under many operations, all of them at once.",
      discussion: """
        A database with as many grants as asked for, sealed as the server seals them, and an Atlassian that answers \
        after some milliseconds, in this process. First random people's tokens, one after the other, by themselves and \
        as operations get them; then many operations at once for one person whose token has expired; then every token \
        expired at the same moment, and everybody asking.
        """)

    @Option(help: "Grants.") var grants = 10_000
    @Option(help: "Operations at once for one expired grant.") var operations = 1000
    @Option(help: "Refreshes a second that are allowed when all have expired.") var perSecond = 500
    @Option(help: "The profile of the connection.") var profile = "mappings/crm/generic.xml"

    func run() async throws {
      guard let profile = FileManager.default.contents(atPath: profile) else {
        throw CommandError("there is no \(self.profile) here; name the profile with --profile")
      }
      guard let set = MappingSet.compile(files: MappingWork.files(mappings: 1, profile: Array(profile))).set else {
        throw CommandError("the benchmark's own mapping does not compile")
      }
      Allocator.settle()
      let folder = FileManager.default.temporaryDirectory.appending(path: "counterpart-bench-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let store = try Store(path: folder.appending(path: "bench.sqlite").path)
      let work = GrantWork(
        store: store, vault: Vault(keys: try KeyRing(text: KeyRing.newKey())),
        installation: Installation(mappings: set, secrets: [:]))
      try await measure(work)
      try store.close()
    }

    private func measure(_ work: GrantWork) async throws {
      let begin = SystemClock.now
      try await work.connect(grants, now: begin)

      let access = work.access(perSecond: 1000)
      var random = SystemRandomNumberGenerator()
      var rounds: [Double] = []
      for _ in 0..<9 {
        let people = (0..<2000).map { _ in Int.random(in: 0..<grants, using: &random) }
        let start = ContinuousClock.now
        for person in people {
          guard
            case .success = try await access.token(
              connection: MappingWork.connection, user: GrantWork.user(person), now: begin)
          else { throw CommandError("a grant does not open") }
        }
        rounds.append((ContinuousClock.now - start) / .microseconds(1) / Double(people.count))
      }
      Terminal.say("choosing and unsealing one of \(grants), by itself: median \(Self.shown(rounds)) µs")

      let claims = GrantClaims(store: work.store, access: access, connection: MappingWork.connection)
      var with: [Double] = []
      var without: [Double] = []
      for round in 0..<9 {
        let people = (0..<claims.count).map { _ in Int.random(in: 0..<grants, using: &random) }
        let times = try await claims.round(round, people: people, now: begin)
        with.append(times.connected)
        without.append(times.strangers)
      }
      let difference = zip(with, without).map { $0 - $1 }
      Terminal.say(
        "as an operation gets it, together with its claim: \(Self.shown(difference)) µs more than a claim without, "
          + "wanted under 50 (a claim with: \(Self.shown(with)), without: \(Self.shown(without)))")

      Terminal.say("an event is planned in \(Self.shown(try await claims.planning(now: begin))) ms")

      let later = begin + .seconds(3600)
      let before = work.atlassian.times.count
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<operations {
          group.addTask { try await GrantWork.wait(access, for: 0, since: ContinuousClock.now, later) }
        }
        try await group.waitForAll()
      }
      let asked = work.atlassian.times.count - before
      Terminal.say("\(operations) operations at once on one expired grant: \(asked) refresh, wanted 1")

      try await everybody(work, later: later + .seconds(7200))
    }

    /// The median, and the extremes.
    private static func shown(_ times: [Double]) -> String {
      let sorted = times.sorted()
      let shown = [sorted[sorted.count / 2], sorted[0], sorted[sorted.count - 1]].map { String(format: "%.1f", $0) }
      return "\(shown[0]) (\(shown[1]) to \(shown[2]))"
    }

    private func everybody(_ work: GrantWork, later: Timestamp) async throws {
      let before = work.atlassian.times.count
      let start = ContinuousClock.now
      let access = work.access(perSecond: perSecond) { later + (ContinuousClock.now - start) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for person in 0..<grants {
          group.addTask { try await GrantWork.wait(access, for: person, since: start, later) }
        }
        try await group.waitForAll()
      }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let times = Array(work.atlassian.times.dropFirst(before))
      var most = 0
      var first = 0
      for last in times.indices {
        while times[last] - times[first] >= .seconds(1) { first += 1 }
        most = max(most, last - first + 1)
      }
      Terminal.say(
        "\(grants) grants expired together: \(times.count) refreshes in \(String(format: "%.1f", seconds)) s, "
          + "at most \(most) in any second, \(perSecond) allowed")
    }
  }
}

/// A database of grants and an Atlassian that renews them.
private struct GrantWork: Sendable {
  let store: Store
  let vault: Vault
  let installation: Installation
  let atlassian = BenchAtlassian()

  static func user(_ number: Int) -> CRMUserID { CRMUserID("person-\(number)") }

  func connect(_ count: Int, now: Timestamp) async throws {
    for start in stride(from: 0, to: count, by: 500) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in start..<min(start + 500, count) {
          group.addTask { _ = try await store.connect(try grant(number, now: now), now: now) }
        }
        try await group.waitForAll()
      }
    }
  }

  private func grant(_ number: Int, now: Timestamp) throws -> StoredGrant {
    // As long as Atlassian's are.
    let token = String(repeating: "t", count: 2000) + "\(number)"
    var grant = StoredGrant(
      connection: MappingWork.connection, user: CRMUser(id: Self.user(number), name: "Person \(number)", email: nil),
      account: AccountID("account-\(number)"), accountName: "Person \(number)", timeZone: nil, cloudID: "bench",
      scopes: ["read:jira-work", "write:jira-work"], state: .active, lapseReason: nil,
      expiresAt: now + .seconds(3600), connectedAt: now)
    grant.accessToken = try vault.seal(Secret(token), for: grant.label(.accessToken))
    grant.refreshToken = try vault.seal(Secret(token), for: grant.label(.refreshToken))
    return grant
  }

  func access(perSecond: Int, clock: (@Sendable () -> Timestamp)? = nil) -> GrantAccess {
    let live = LiveInstallation(installation)
    let services = Services(
      store: store, live: live, vault: vault, transport: atlassian, bell: Bell(),
      refreshPace: RefreshPace(perSecond: perSecond, clock: clock),
      pace: JiraPace(store: store, live: live, clock: { SystemClock.now }),
      redirectURI: "https://bench.example/callback")
    return GrantAccess(
      services: services,
      app: OAuthApp(clientID: "bench", clientSecret: Secret("bench")))
  }

  /// As an operation waits: it comes back when it is told to.
  static func wait(
    _ access: GrantAccess, for person: Int, since start: ContinuousClock.Instant, _ begin: Timestamp
  ) async throws {
    while true {
      let now = begin + (ContinuousClock.now - start)
      switch try await access.token(connection: MappingWork.connection, user: user(person), now: now) {
      case .success: return
      case .failure(.passes(.busy)): try await Task.sleep(for: .milliseconds(250))
      case .failure(.passes(.paced(let turn))): try await Task.sleep(for: turn - now)
      case .failure(let problem): throw CommandError("a token was not refreshed: \(problem)")
      }
    }
  }
}

/// Answers the token endpoint after a moment, and remembers when it was asked: in the same stretch in which the request
/// goes out, since a hop to another executor waits behind thousands of other tasks here.
private final class BenchAtlassian: Transport {
  private let asked = Mutex<[ContinuousClock.Instant]>([])

  var times: [ContinuousClock.Instant] { asked.withLock { $0 } }

  func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
    let number = asked.withLock { times in
      times.append(.now)
      return times.count
    }
    try? await Task.sleep(for: .milliseconds(20))
    let token = String(repeating: "t", count: 2000) + "\(number)"
    let body = #"{"access_token": "\#(token)", "refresh_token": "\#(token)", "expires_in": 3600, "scope": ""}"#
    return WireResponse(status: 200, headers: [], body: Array(body.utf8))
  }
}
