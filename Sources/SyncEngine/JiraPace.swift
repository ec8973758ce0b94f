import JiraClient
package import MappingLanguage
package import SyncCore
package import SyncModel
package import SyncStore
import Synchronization
import Wire

/// Keeps every request to Jira within what Jira allows, on each of its levels, before Jira has to say so; and obeys where
/// Jira says so all the same.
///
/// What it knows of the hour and of limits is in the database, so that it survives a restart and holds for all processes
/// of an installation. What passes within seconds (bursts, writes to one issue) is in memory, and taken from the journal
/// when a process is new. It decides at the moment of going, and never waits itself.
package final class JiraPace: Sendable {
  package struct Limits: Hashable, Sendable {
    package var budget: PointsBudget
    /// Of what Atlassian publishes for bursts, this much is used.
    package var burstPercent: Int
    package var writes: [WriteWindow.Limit]

    package init(
      budget: PointsBudget = PointsBudget(), burstPercent: Int = 90, writes: [WriteWindow.Limit] = WriteWindow.usual
    ) {
      self.budget = budget
      self.burstPercent = burstPercent
      self.writes = writes
    }
  }

  /// Who asks, and what for.
  package struct Caller: Sendable {
    package var connection: ConnectionName
    package var site: JiraSite
    package var purpose: RequestPurpose

    var account: PointsLedger.Account { PointsLedger.Account(connection, purpose) }
  }

  fileprivate struct IssueKey: Hashable {
    var site: String
    var issue: IssueID
  }

  struct State {
    var ledger: PointsLedger
    /// Not written down yet; what is being written counts until that is done.
    var unwritten: [PointsSpent] = []
    var beingWritten: [PointsSpent] = []
    /// Written down while the database is being read: the reading may have it or not, and then it rather counts twice.
    var writtenMeanwhile: [PointsSpent] = []
    var isReading = false
    var stops: [String: Timestamp] = [:]
    var readAt: Timestamp?
    var forgottenIn: Timestamp?
    var buckets: [String: TokenBucket] = [:]
    fileprivate var windows: [IssueKey: WriteWindow] = [:]
    var counts: [CallFailure.RateLimit.Level: JiraPaceReport.Counts] = [:]
  }

  /// What other processes spend, and what limits they met, is looked up so often.
  private static let readEvery: Duration = .seconds(5)
  private static let manyWindows = 10_000

  let limits: Limits
  let store: Store
  let live: LiveInstallation
  private let clock: @Sendable () -> Timestamp
  private let startedAt: Timestamp
  let state: Mutex<State>

  package init(
    store: Store, live: LiveInstallation, limits: Limits = Limits(), clock: @escaping @Sendable () -> Timestamp
  ) {
    self.store = store
    self.live = live
    self.limits = limits
    self.clock = clock
    startedAt = clock()
    state = Mutex(State(ledger: PointsLedger(budget: limits.budget, now: startedAt)))
  }

  func time() -> Timestamp { clock() }

  /// A request that may go, and is counted.
  struct Passage: Sendable {
    var facts: JiraRequestFacts
    var began: Timestamp
  }

  /// Asks for a request to go now.
  func enter(_ facts: JiraRequestFacts, _ caller: Caller) async -> Result<Passage, TransportFailure> {
    await read(now: clock())
    await recall(facts, caller, now: clock())
    // Only now it is about to go.
    let now = clock()
    let held = state.withLock { state in decide(facts, caller, &state, now: now) }
    guard let held else { return .success(Passage(facts: facts, began: now)) }
    let limit = CallFailure.RateLimit(level: held.level, retryAfter: nil, reset: held.until, source: held.source)
    return .failure(.notYet(JiraFailures.deferral(limit, until: held.until)))
  }

  private struct Held {
    var level: CallFailure.RateLimit.Level
    var until: Timestamp
    var source = CallFailure.RateLimit.Source.ours

    init(_ level: CallFailure.RateLimit.Level, _ until: Timestamp, _ source: CallFailure.RateLimit.Source = .ours) {
      (self.level, self.until, self.source) = (level, until, source)
    }
  }

  private func decide(
    _ facts: JiraRequestFacts, _ caller: Caller, _ state: inout State, now: Timestamp
  ) -> Held? {
    let held = hold(facts, caller, &state, now: now)
    if let held {
      state.counts[held.level, default: JiraPaceReport.Counts()].heldBack += 1
      return held
    }
    if let issue = facts.writtenIssue, caller.site.kind == .cloud {
      state.windows[IssueKey(site: caller.site.url, issue: issue), default: WriteWindow()].begin(now)
    }
    if facts.costsPoints {
      state.ledger.charge(facts.expectedPoints, to: caller.account)
      state.note(facts.expectedPoints, requests: 1, caller.account)
    }
    return nil
  }

  /// The widest limit first, so that nothing is taken of a narrower one for a request that cannot go.
  private func hold(_ facts: JiraRequestFacts, _ caller: Caller, _ state: inout State, now: Timestamp) -> Held? {
    state.ledger.turn(to: now)
    if facts.costsPoints, let until = state.stop("app", now: now) { return Held(.app, until) }
    if let until = state.stop("site:\(caller.connection)", now: now) { return Held(.site, until) }
    if facts.costsPoints,
      case .wait(let until) = state.ledger.verdict(
        facts.expectedPoints, for: caller.account, tenants: { self.tenants }, now: now)
    {
      return Held(.app, until, caller.purpose == .people ? .ours : .ourShare)
    }
    let endpoint = "\(caller.site.url) \(facts.method.rawValue) \(facts.endpoint)"
    if let until = state.stop("endpoint:" + endpoint, now: now) { return Held(.endpoint, until) }
    // A Data Center has its own limits, by the person, and says when they are met.
    guard caller.site.kind == .cloud else { return nil }
    if let issue = facts.writtenIssue {
      let key = IssueKey(site: caller.site.url, issue: issue)
      if let until = state.windows[key]?.opens(limits.writes, now: now) { return Held(.issue, until) }
    }
    let rate = Double(BurstLimits.perSecond(facts.method.rawValue, facts.endpoint) * limits.burstPercent) / 100
    let until = state.buckets[endpoint, default: TokenBucket(perSecond: rate, now: now)].take(now: now)
    return until.map { Held(.endpoint, $0) }
  }

  /// Tells what came of a request that went.
  ///
  /// - Parameter response: nil: there was none.
  func leave(_ passage: Passage, _ response: WireResponse?, _ caller: Caller) async {
    let now = clock()
    let facts = passage.facts
    let limit = response.flatMap { $0.status == 429 ? JiraFailures.rateLimit($0) : nil }
    let end = limit?.end(now: now)
    state.withLock { state in
      state.ledger.turn(to: now)
      if let issue = facts.writtenIssue {
        let key = IssueKey(site: caller.site.url, issue: issue)
        state.windows[key]?.end(begun: passage.began, now: now)
        if limit?.level == .issue, let end { state.windows[key]?.close(until: end) }
        state.forgetIdleWindows(over: Self.manyWindows, now: now)
      }
      if let limit { state.counts[limit.level, default: JiraPaceReport.Counts()].refused += 1 }
      guard let response, facts.costsPoints else { return }
      let more = facts.points(of: response) - facts.expectedPoints
      if more > 0 {
        state.ledger.charge(more, requests: 0, to: caller.account)
        state.note(more, requests: 0, caller.account)
      }
      if let quota = JiraQuota(response), quota.isOfApp {
        state.learn(remaining: quota.remaining ?? limits.budget.perHour / 5)
      }
    }
    if let limit, let end { await stop(limit, until: end, facts, caller, now: now) }
  }

  /// A limit that concerns others, too, stops them before they are refused in their turn.
  private func stop(
    _ limit: CallFailure.RateLimit, until end: Timestamp, _ facts: JiraRequestFacts, _ caller: Caller, now: Timestamp
  ) async {
    let scope: JiraStop.Scope
    switch limit.level {
    case .grant, .issue: return
    case .endpoint:
      let name = "\(caller.site.url) \(facts.method.rawValue) \(facts.endpoint)"
      state.withLock { $0.stops["endpoint:" + name] = end }
      scope = .endpoint(name)
    case .site:
      let all = connections { $0.url == caller.site.url }
      state.withLock { state in for name in all { state.stops["site:\(name)"] = end } }
      scope = .site(all)
    case .app:
      state.withLock { $0.stops["app"] = end }
      scope = .app(tenants)
    }
    // Where it cannot be written down, it holds for some seconds, and then Jira says it once more.
    try? await store.stop(JiraStop(scope, until: end), now: now)
  }

  /// All that use the app.
  var tenants: [ConnectionName] { connections { $0.kind == .cloud && $0.connect.takesOAuth } }

  private func connections(where isMeant: (JiraSite) -> Bool) -> [ConnectionName] {
    let set = live.current.mappings
    return set.connections.keys.filter { set.site(of: $0).map(isMeant) ?? false }.sorted()
  }

  // MARK: - The database

  /// What was spent since it was last taken, to be written with something else, and then confirmed.
  func takeUnwritten() -> [PointsSpent] {
    state.withLock { state in
      let taken = state.unwritten
      state.beingWritten += taken
      state.unwritten = []
      return taken
    }
  }

  /// - Parameter isWritten: false: it counts on as before.
  func confirm(_ taken: [PointsSpent], isWritten: Bool) {
    guard !taken.isEmpty else { return }
    state.withLock { state in
      for entry in taken {
        if let index = state.beingWritten.firstIndex(of: entry) { state.beingWritten.remove(at: index) }
      }
      if !isWritten { state.unwritten += taken } else if state.isReading { state.writtenMeanwhile += taken }
    }
  }

  /// Writes down what was spent, where no operation's outcome takes it along.
  package func write() async {
    let taken = takeUnwritten()
    guard !taken.isEmpty else { return }
    do {
      try await store.note(taken)
      confirm(taken, isWritten: true)
    } catch {
      // It counts on, and goes with the next.
      confirm(taken, isWritten: false)
    }
  }

  private func read(now: Timestamp) async {
    let isDue = state.withLock { state in
      if let last = state.readAt, last <= now, now - last < Self.readEvery,
        PointsLedger.hour(of: last) == PointsLedger.hour(of: now)
      {
        return false
      }
      guard !state.isReading else { return false }
      state.readAt = now
      state.isReading = true
      state.writtenMeanwhile = []
      return true
    }
    guard isDue else { return }
    await forgetOldPoints(now: now)
    let record = try? await store.paceRecord(hour: PointsLedger.hour(of: now), now: now)
    state.withLock { state in
      state.isReading = false
      // What cannot be read is read the next time; what this process knows goes on counting.
      if let record { state.take(record, budget: limits.budget, now: now) } else { state.readAt = nil }
    }
  }

  /// Two days are kept, for whoever wants to see what an hour was like.
  private func forgetOldPoints(now: Timestamp) async {
    let hour = PointsLedger.hour(of: now)
    let isNew = state.withLock { state in
      defer { state.forgottenIn = hour }
      return state.forgottenIn != hour
    }
    // What stays there once is forgotten an hour later.
    if isNew { try? await store.forgetPoints(before: hour - .seconds(2 * 86_400)) }
  }

  /// A process that is new to an issue learns from the journal how often it was written a moment ago.
  private func recall(_ facts: JiraRequestFacts, _ caller: Caller, now: Timestamp) async {
    guard let issue = facts.writtenIssue, caller.site.kind == .cloud, now - startedAt < WriteWindow.memory else {
      return
    }
    let key = IssueKey(site: caller.site.url, issue: issue)
    guard state.withLock({ $0.windows[key] == nil }) else { return }
    let all = connections { $0.url == caller.site.url }
    // Not known is taken for not written: Jira's own limit then says so.
    let times = (try? await store.writes(to: issue, connections: all, since: now - WriteWindow.memory)) ?? []
    state.withLock { state in
      if state.windows[key] == nil { state.windows[key] = WriteWindow(times.filter { $0 <= startedAt }) }
    }
  }
}

extension JiraPace.State {
  /// A limit that has not passed. None lasts longer than an hour, unless a clock was set.
  fileprivate func stop(_ name: String, now: Timestamp) -> Timestamp? {
    guard let until = stops[name], until > now, until - now <= .seconds(3700) else { return nil }
    return until
  }

  fileprivate mutating func note(_ points: Int, requests: Int, _ account: PointsLedger.Account?) {
    let hour = ledger.hour
    if let index = unwritten.firstIndex(where: { $0.hour == hour && $0.account == account }) {
      unwritten[index].points += points
      unwritten[index].requests += requests
    } else {
      unwritten.append(PointsSpent(hour: hour, account: account, points: points, requests: requests))
    }
  }

  fileprivate mutating func learn(remaining: Int) {
    let before = ledger.elsewhere
    ledger.learn(remaining: remaining)
    if ledger.elsewhere > before { note(ledger.elsewhere - before, requests: 0, nil) }
  }

  fileprivate mutating func take(_ record: PaceRecord, budget: PointsBudget, now: Timestamp) {
    ledger = ledger.replaced(by: account(record, budget: budget, now: now))
    stops = record.stops
  }

  /// The hour as the database has it, with what is not in there yet.
  func account(_ record: PaceRecord, budget: PointsBudget, now: Timestamp) -> PointsLedger {
    var ledger = PointsLedger(budget: budget, now: now)
    var gone = 0
    for entry in record.points + writtenMeanwhile + beingWritten + unwritten where entry.hour == ledger.hour {
      if let account = entry.account {
        ledger.charge(entry.points, requests: entry.requests, to: account)
      } else {
        gone += entry.points
      }
    }
    ledger.learn(elsewhere: gone)
    return ledger
  }

  fileprivate mutating func forgetIdleWindows(over count: Int, now: Timestamp) {
    guard windows.count > count else { return }
    windows = windows.filter { !$0.value.isIdle(now: now) }
  }
}
