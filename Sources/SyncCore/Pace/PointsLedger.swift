package import SyncModel

/// What requests are for: what people do comes first, the rest gets what is left.
package enum RequestPurpose: String, Hashable, Sendable, CaseIterable {
  /// Operations that somebody caused in the CRM, and connecting.
  case people
  /// Runs, sweeps, backfills, checks: what nobody waits for.
  case upkeep
}

/// The points that Atlassian gives the app for one hour, for all its tenants together.
package struct PointsBudget: Hashable, Sendable {
  package var perHour: Int
  /// The part that is kept for what people do.
  package var percentForPeople: Int

  package init(perHour: Int = 65_000, percentForPeople: Int = 50) {
    self.perHour = perHour
    self.percentForPeople = percentForPeople
  }

  /// The part that runs and sweeps never touch.
  package var forPeople: Int { perHour * min(max(percentForPeople, 0), 100) / 100 }
}

/// Our own account of the app's points in one hour of the UTC clock. Pure: it is told the time, and who spends what.
///
/// Three rules, and no more:
/// - What people do may use all that is there. Of the part that is kept for them, one half is kept in equal shares for the
///   tenants, so that one tenant's busy morning leaves every other one something.
/// - Upkeep never touches the part that is kept for people, and each tenant has an equal share of the rest. What a tenant
///   has not used of its share while the hour passed, the others may use.
/// - Upkeep is no more than a quarter of an hour ahead of an even pace, so that it slows down rather than stands still.
package struct PointsLedger: Hashable, Sendable {
  package struct Spending: Hashable, Sendable {
    package var points = 0
    package var requests = 0

    package init(points: Int = 0, requests: Int = 0) {
      self.points = points
      self.requests = requests
    }
  }

  package enum Verdict: Hashable, Sendable {
    case go
    /// Points may be there at this time.
    case wait(until: Timestamp)
  }

  /// Whose and what for.
  package struct Account: Hashable, Sendable {
    package var tenant: ConnectionName
    package var purpose: RequestPurpose

    package init(_ tenant: ConnectionName, _ purpose: RequestPurpose) {
      self.tenant = tenant
      self.purpose = purpose
    }
  }

  package static let hourLength: Duration = .seconds(3600)
  /// Atlassian's clock and ours are not quite one.
  package static let margin: Duration = .seconds(2)
  private static let aheadOfPace = 0.25

  package var budget: PointsBudget
  /// When the hour began that this is the account of.
  package private(set) var hour: Timestamp
  package private(set) var spending: [Account: Spending] = [:]
  /// What Jira says is gone beyond what was counted here: other installations of the app, or a price that we do not know.
  package private(set) var elsewhere = 0
  private var totals: [RequestPurpose: Int] = [:]
  /// What of a tenant's share passed unused before it spent: others may have that, so it is not kept for it any more.
  private var lapsed: [Account: Double] = [:]

  package init(budget: PointsBudget, now: Timestamp) {
    self.budget = budget
    hour = Self.hour(of: now)
  }

  /// The beginning of the hour, by the UTC clock.
  package static func hour(of now: Timestamp) -> Timestamp {
    let length = hourLength.milliseconds
    let part = now.milliseconds % length
    return Timestamp(milliseconds: now.milliseconds - (part < 0 ? part + length : part))
  }

  /// When the points are given anew.
  package static func reset(after now: Timestamp) -> Timestamp { hour(of: now) + hourLength + margin }

  package var spent: Int { total(.people) + total(.upkeep) + elsewhere }
  package var remaining: Int { max(0, budget.perHour - spent) }
  package func total(_ purpose: RequestPurpose) -> Int { totals[purpose] ?? 0 }
  package func spent(by tenant: ConnectionName, for purpose: RequestPurpose) -> Int {
    spending[Account(tenant, purpose)]?.points ?? 0
  }

  /// Begins a new account when the hour is over, or when the clock was set to another one.
  ///
  /// - Returns: whether it did.
  @discardableResult
  package mutating func turn(to now: Timestamp) -> Bool {
    let hour = Self.hour(of: now)
    guard hour != self.hour else { return false }
    self = PointsLedger(budget: budget, now: now)
    return true
  }

  package mutating func charge(_ points: Int, requests: Int = 1, to account: Account) {
    spending[account, default: Spending()].points += points
    spending[account, default: Spending()].requests += requests
    totals[account.purpose, default: 0] += points
  }

  /// Jira says how much is left of the app's points.
  package mutating func learn(remaining: Int) {
    elsewhere = max(elsewhere, budget.perHour - max(0, remaining) - total(.people) - total(.upkeep))
  }

  /// What was learned earlier, or by another process.
  package mutating func learn(elsewhere points: Int) { elsewhere = max(elsewhere, points) }

  /// Whether a request may go.
  ///
  /// - Parameter tenants: all that share the app; asked only where it matters.
  package mutating func verdict(
    _ cost: Int, for account: Account, tenants: () -> [ConnectionName], now: Timestamp
  ) -> Verdict {
    if account.purpose == .people, spent + cost + budget.forPeople / 2 <= budget.perHour { return .go }
    let others = tenants().filter { $0 != account.tenant }
    lapsed[account] = lapse(of: account, share: share(account.purpose, among: others.count + 1), now: now)
    if allows(cost, for: account, others: others, now: now) { return .go }
    let reset = Self.reset(after: now)
    var time = now + .seconds(60)
    while time < hour + Self.hourLength {
      if allows(cost, for: account, others: others, now: time) { return .wait(until: time) }
      time = time + .seconds(60)
    }
    return .wait(until: reset)
  }

  private func allows(_ cost: Int, for account: Account, others: [ConnectionName], now: Timestamp) -> Bool {
    let share = share(account.purpose, among: others.count + 1)
    let kept = others.reduce(0.0) { sum, tenant in
      let other = Account(tenant, account.purpose)
      return sum + max(0, share - Double(spending[other]?.points ?? 0) - lapse(of: other, share: share, now: now))
    }
    switch account.purpose {
    case .people: return Double(spent + cost) + kept <= Double(budget.perHour)
    case .upkeep:
      let pool = Double(upkeepPool)
      return Double(spent(by: account.tenant, for: .upkeep) + cost) <= pool * min(1, passed(now) + Self.aheadOfPace)
        && Double(total(.upkeep) + cost) + kept <= pool
    }
  }

  private func passed(_ now: Timestamp) -> Double {
    min(max(Double((now - hour).milliseconds) / Double(Self.hourLength.milliseconds), 0), 1)
  }

  /// What is kept for each tenant.
  private func share(_ purpose: RequestPurpose, among tenants: Int) -> Double {
    switch purpose {
    case .people: Double(budget.forPeople / 2) / Double(tenants)
    case .upkeep: Double(upkeepPool) / Double(tenants)
    }
  }

  /// What a tenant would have spent by now at an even pace, and has not.
  private func lapse(of account: Account, share: Double, now: Timestamp) -> Double {
    max(lapsed[account] ?? 0, share * passed(now) - Double(spending[account]?.points ?? 0))
  }

  /// What upkeep may use in this hour, of all tenants.
  package var upkeepPool: Int {
    max(0, budget.perHour - elsewhere - max(budget.forPeople, total(.people)))
  }

  /// The same hour as the database has it, knowing what this one knows beside it.
  package func replaced(by other: PointsLedger) -> PointsLedger {
    guard other.hour == hour else { return other }
    var result = other
    result.lapsed = lapsed
    result.learn(elsewhere: elsewhere)
    return result
  }
}
