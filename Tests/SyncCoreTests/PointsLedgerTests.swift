import SyncCore
import SyncModel
import Testing

/// semantics.md: "A share of the app's pool is kept for what people do; sweeps and backfills take what is left, and never
/// one tenant the part of another."
@Suite("The app's points")
struct PointsLedgerTests {
  typealias Account = PointsLedger.Account

  /// 13:00 UTC.
  static let hour = Timestamp(seconds: 1_780_002_000)
  static let budget = PointsBudget(perHour: 1000, percentForPeople: 40)

  static func ledger(_ budget: PointsBudget = budget) -> PointsLedger { PointsLedger(budget: budget, now: hour) }

  /// Spends by ones for as long as it may.
  static func exhaust(
    _ ledger: inout PointsLedger, _ account: Account, tenants: [ConnectionName] = ["acme"], at now: Timestamp = hour
  ) -> Int {
    var count = 0
    while ledger.verdict(1, for: account, tenants: { tenants }, now: now) == .go {
      ledger.charge(1, to: account)
      count += 1
    }
    return count
  }

  @Test("The hour is the UTC clock's, before 1970, too")
  func hours() {
    #expect(PointsLedger.hour(of: Self.hour + .milliseconds(3_599_999)) == Self.hour)
    #expect(PointsLedger.hour(of: Timestamp(milliseconds: -1)) == Timestamp(milliseconds: -3_600_000))
    #expect(PointsLedger.reset(after: Self.hour + .seconds(1800)) == Self.hour + .seconds(3602))
  }

  @Test("What people do may use all points of the hour, and then waits for the next")
  func people() {
    var ledger = Self.ledger()
    let count1 = Self.exhaust(&ledger, Account("acme", .people))
    #expect(count1 == 1000)
    let verdict = ledger.verdict(
      1, for: Account("acme", .people), tenants: { ["acme"] }, now: Self.hour + .seconds(60))
    #expect(verdict == .wait(until: Self.hour + .seconds(3602)))
    ledger.turn(to: Self.hour + .seconds(3602))
    #expect(ledger.spent == 0)
  }

  @Test("Runs and sweeps leave people their part, whatever the hour")
  func upkeep() {
    var ledger = Self.ledger()
    let count2 = Self.exhaust(&ledger, Account("acme", .upkeep), at: Self.hour + .seconds(3599))
    #expect(count2 == 600)
    let count3 = Self.exhaust(&ledger, Account("acme", .people), at: Self.hour + .seconds(3599))
    #expect(count3 == 400)
  }

  @Test("What people use beyond their part is taken from runs and sweeps")
  func busyPeople() {
    var ledger = Self.ledger()
    ledger.charge(700, to: Account("acme", .people))
    let count4 = Self.exhaust(&ledger, Account("acme", .upkeep), at: Self.hour + .seconds(3599))
    #expect(count4 == 300)
  }

  @Test("Runs and sweeps slow down rather than use their part at once, and are told when to go on")
  func even() {
    var ledger = Self.ledger()
    let account = Account("acme", .upkeep)
    let count5 = Self.exhaust(&ledger, account)
    #expect(count5 == 150)
    let verdict = ledger.verdict(1, for: account, tenants: { ["acme"] }, now: Self.hour)
    #expect(verdict == .wait(until: Self.hour + .seconds(60)))
    let count6 = Self.exhaust(&ledger, account, at: Self.hour + .seconds(60))
    #expect(count6 == 10)
  }

  @Test("A tenant's sweeps get an equal part; what others let pass unused they may use")
  func shares() {
    let tenants: [ConnectionName] = ["a", "b", "c"]
    var ledger = Self.ledger()
    let count7 = Self.exhaust(&ledger, Account("a", .upkeep), tenants: tenants)
    #expect(count7 == 150)
    let half = Self.hour + .seconds(1800)
    let count8 = Self.exhaust(&ledger, Account("a", .upkeep), tenants: tenants, at: half)
    #expect(count8 == 250)
    let count9 = Self.exhaust(&ledger, Account("b", .upkeep), tenants: tenants, at: half)
    #expect(count9 == 100)
    let count10 = Self.exhaust(&ledger, Account("c", .upkeep), tenants: tenants, at: half)
    #expect(count10 == 100)
  }

  @Test("One tenant's people cannot use up what is kept for another's")
  func fairPeople() {
    var ledger = Self.ledger()
    let count11 = Self.exhaust(&ledger, Account("a", .people), tenants: ["a", "b"])
    #expect(count11 == 900)
    let count12 = Self.exhaust(&ledger, Account("b", .people), tenants: ["a", "b"])
    #expect(count12 == 100)
  }

  @Test("What Jira says is gone counts, and what it says is left never adds")
  func learned() {
    var ledger = Self.ledger()
    ledger.charge(100, to: Account("acme", .people))
    ledger.learn(remaining: 200)
    #expect(ledger.remaining == 200)
    ledger.learn(remaining: 999)
    #expect(ledger.remaining == 200)
    let count13 = Self.exhaust(&ledger, Account("acme", .upkeep), at: Self.hour + .seconds(3599))
    #expect(count13 == 0)
    let count14 = Self.exhaust(&ledger, Account("acme", .people))
    #expect(count14 == 200)
  }

  struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  @Test(
    "Whatever others do, the budget holds, people have their part, and who asks at an even pace is not refused",
    arguments: 0..<24)
  func properties(_ seed: UInt64) {
    var dice = Dice(state: seed &* 77 &+ 1)
    let count = Int.random(in: 1...6, using: &dice)
    let tenants = (0..<count).map { ConnectionName("t\($0)") }
    let budget = PointsBudget(
      perHour: Int.random(in: 500...5000, using: &dice), percentForPeople: Int.random(in: 0...9, using: &dice) * 10)
    var ledger = Self.ledger(budget)
    let calm = Account(tenants[0], .upkeep)
    let share = (budget.perHour - budget.forPeople) / count
    let start = Int.random(in: 0...3, using: &dice) * 900
    var people = 0
    for second in stride(from: 0, to: 3600, by: 10) {
      let now = Self.hour + .seconds(Int64(second))
      // The first tenant begins some time, and keeps to its part of the time that has passed since. What its steps leave
      // unused meanwhile is lent, so that the last of them may be refused.
      while share >= 60, second < 3480, ledger.spent(by: tenants[0], for: .upkeep) < share * (second - start) / 3600 {
        let verdict = ledger.verdict(1, for: calm, tenants: { tenants }, now: now)
        guard verdict == .go else {
          Issue.record("an even pace was refused at \(second) s")
          return
        }
        ledger.charge(1, to: calm)
      }
      // The others take what they can, in bursts; people no more than their part.
      for _ in 0..<Int.random(in: 0...40, using: &dice) {
        let purpose: RequestPurpose = Bool.random(using: &dice) ? .people : .upkeep
        guard let tenant = tenants.dropFirst().randomElement(using: &dice) ?? tenants.first,
          purpose == .people || count > 1
        else { continue }
        let cost = Int.random(in: 1...3, using: &dice)
        if purpose == .people, people + cost > budget.forPeople { continue }
        switch ledger.verdict(cost, for: Account(tenant, purpose), tenants: { tenants }, now: now) {
        case .go:
          ledger.charge(cost, to: Account(tenant, purpose))
          if purpose == .people { people += cost }
        case .wait(let until):
          #expect(until > now && until <= PointsLedger.reset(after: now))
        }
      }
      #expect(ledger.spent <= budget.perHour)
      #expect(ledger.total(.upkeep) <= budget.perHour - budget.forPeople)
    }
  }
}

@Suite("Writes to one issue, and bursts")
struct WindowTests {
  static let now = PointsLedgerTests.hour

  @Test("However writes come, no two seconds have more than 16 and no thirty more than 90", arguments: 0..<20)
  func writes(_ seed: UInt64) {
    var dice = PointsLedgerTests.Dice(state: seed &+ 5)
    var window = WriteWindow()
    var now = Self.now
    var done: [Timestamp] = []
    for _ in 0..<400 {
      if let opens = window.opens(now: now) {
        #expect(opens > now && opens - now <= .seconds(30))
        now = opens
        let again = window.opens(now: now)
        #expect(again == nil)
      }
      window.begin(now)
      let begun = now
      // It reaches Jira at some moment before its answer comes.
      let latency = Int64.random(in: 0...400, using: &dice)
      done.append(now + .milliseconds(Int64.random(in: 0...latency, using: &dice)))
      now = now + .milliseconds(latency)
      window.end(begun: begun, now: now)
      if Bool.random(using: &dice) { now = now + .milliseconds(Int64.random(in: 0...300, using: &dice)) }
    }
    #expect(zip(done, done.dropFirst(16)).allSatisfy { $1 - $0 >= .seconds(2) })
    #expect(zip(done, done.dropFirst(90)).allSatisfy { $1 - $0 >= .seconds(30) })
  }

  @Test("A clock that is set back closes a window for no longer than half a minute")
  func setBack() {
    var window = WriteWindow()
    for _ in 0..<16 { window.begin(Self.now) }
    window.close(until: Self.now + .seconds(20))
    let opens = [window.opens(now: Self.now), window.opens(now: Self.now - .seconds(3600))]
    #expect(opens == [Self.now + .seconds(20), nil])
    var sliding = SlidingWindow(limit: 1, span: .seconds(1))
    sliding.note(Self.now)
    let next = [sliding.opens(now: Self.now), sliding.opens(now: Self.now - .seconds(60))]
    #expect(next == [Self.now + .seconds(1), nil])
  }

  @Test("Who looked at the clock a moment before the last one is let through no more for it")
  func disorder() {
    let earlier = Self.now - .milliseconds(40)
    var sliding = SlidingWindow(limit: 1, span: .seconds(1))
    sliding.note(Self.now)
    let next = [sliding.opens(now: earlier), sliding.opens(now: Self.now)]
    #expect(next == [Self.now + .seconds(1), Self.now + .seconds(1)])
    var window = WriteWindow()
    for _ in 0..<16 { window.begin(Self.now) }
    let opens = [window.opens(now: earlier), window.opens(now: Self.now)]
    #expect(opens == [Self.now + .seconds(2), Self.now + .seconds(2)])
    var bucket = TokenBucket(perSecond: 10, now: Self.now)
    bucket.close(until: Self.now + .seconds(9))
    let turns = [bucket.take(now: earlier), bucket.take(now: Self.now)]
    #expect(turns == [Self.now + .milliseconds(9100), Self.now + .milliseconds(9200)])
  }

  @Test("A bucket lets through its rate, and gives each who comes too early a turn of its own")
  func bucket() {
    var bucket = TokenBucket(perSecond: 10, now: Self.now)
    let early = (0..<7).map { _ in bucket.take(now: Self.now) }
    #expect(early == [nil, nil, nil, nil, nil, Self.now + .milliseconds(100), Self.now + .milliseconds(200)])
    let turns = [100, 200].map { bucket.take(now: Self.now + .milliseconds($0)) }
    #expect(turns == [nil, nil])
    bucket.close(until: Self.now + .seconds(9))
    let closed = [bucket.take(now: Self.now + .seconds(1)), bucket.take(now: Self.now - .seconds(7200))]
    #expect(closed == [Self.now + .milliseconds(9100), nil])
  }

  @Test("A limit's end is never sooner than Jira says, and never later than an hour")
  func ends() {
    typealias Limit = CallFailure.RateLimit
    let now = Self.now + .seconds(600)
    #expect(Limit(level: .grant, retryAfter: nil).end(now: now) == now + .seconds(30))
    #expect(Limit(level: .site, retryAfter: .seconds(7)).end(now: now) == now + .seconds(7))
    #expect(Limit(level: .app, retryAfter: nil, isHourly: true).end(now: now) == Self.now + .seconds(3602))
    #expect(
      Limit(level: .app, retryAfter: .seconds(7), reset: now + .seconds(9)).end(now: now) == now + .seconds(9))
    #expect(Limit(level: .app, retryAfter: .seconds(7), reset: now - .seconds(9)).end(now: now) == now + .seconds(7))
    #expect(Limit(level: .app, retryAfter: .seconds(7200)).end(now: now) == now + .seconds(3660))
    #expect((Self.now + .seconds(3602)).clockTime == "22:00 UTC")
    #expect((Self.now + .seconds(3607)).clockTime == "22:00:07 UTC")
  }
}
