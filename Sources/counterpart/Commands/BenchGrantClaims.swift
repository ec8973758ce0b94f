import JSON
import SyncCore
import SyncEngine
import SyncModel
import SyncStore

/// What it costs an operation to be claimed together with its person's grant, and the grant to be unsealed: as the
/// server does it, which reads the grant in the transaction of the claim.
struct GrantClaims {
  let store: Store
  let access: GrantAccess
  let connection: ConnectionName
  /// Operations of one round.
  let count = 512

  /// Microseconds for each operation: claimed and unsealed for people who are connected, and claimed for strangers.
  struct Times {
    var connected: Double
    var strangers: Double
  }

  /// - Parameter people: whose operations they are, by number.
  func round(_ number: Int, people: [Int], now: Timestamp) async throws -> Times {
    try await plan(people.map { "person-\($0)" }, from: 2 * number * count, now: now)
    let connected = try await claim(now: now, unseals: true)
    try await plan(people.map { "stranger-\($0)" }, from: (2 * number + 1) * count, now: now)
    return Times(connected: connected, strangers: try await claim(now: now, unseals: false))
  }

  /// Milliseconds in which one event is planned by itself, each of some.
  func planning(now: Timestamp) async throws -> [Double] {
    var times: [Double] = []
    for number in 0..<50 {
      let first = 1_000_000 + number
      _ = try await store.accept(delivery(first, "person-\(number)", now: now))
      let start = ContinuousClock.now
      _ = try await plan(["person-\(number)"], from: first, limit: 1, now: now)
      times.append((ContinuousClock.now - start) / .milliseconds(1))
    }
    return times
  }

  private func plan(_ users: [String], from first: Int, now: Timestamp) async throws {
    for (index, user) in users.enumerated() {
      _ = try await store.accept(delivery(first + index, user, now: now))
    }
    while try await plan(users, from: first, limit: 200, now: now) > 0 {}
  }

  private func plan(_ users: [String], from first: Int, limit: Int, now: Timestamp) async throws -> Int {
    try await store.planPending(limit: limit, now: now) { event in
      let creation = IssueCreation(
        project: "SUP", issueType: "Task", fields: [], label: "l-\(event.id)", property: .null)
      let user = (Int(event.caseID.rawValue) ?? 0) - first
      let actor = users.indices.contains(user) ? CRMUser(id: CRMUserID(users[user])) : nil
      let plan = Plan(
        operations: [PlannedOperation(call: .createIssue(creation), actor: actor)], seen: [:],
        newLink: Plan.NewLink(project: "SUP", label: "l-\(event.id)"))
      return .planned([EventDecision.MappedPlan(mapping: "bench", digest: "bench", plan: plan)])
    }
  }

  private func delivery(_ number: Int, _ user: String, now: Timestamp) -> NewDelivery {
    NewDelivery(
      connection: connection, id: DeliveryID("g\(number)"), knownFor: nil, receivedAt: now, body: Array("{}".utf8),
      content: .events([
        CaseEvent(
          kind: .created, caseID: CaseID("\(number)"), actor: CRMUser(id: CRMUserID(user)), occurredAt: now,
          comment: nil)
      ]))
  }

  private func claim(now: Timestamp, unseals: Bool) async throws -> Double {
    let start = ContinuousClock.now
    var claimed = 0
    while claimed < count {
      let operations = try await store.claim(limit: 64, worker: "bench", now: now)
      guard !operations.isEmpty else { throw CommandError("\(claimed) of \(count) operations were claimed") }
      claimed += operations.count
      guard unseals else { continue }
      for operation in operations {
        guard let grant = operation.grant, let actor = operation.actor,
          case .success = try await access.token(connection: connection, user: actor.id, known: grant, now: now)
        else { throw CommandError("a grant does not open") }
      }
    }
    return (ContinuousClock.now - start) / .microseconds(1) / Double(claimed)
  }
}
