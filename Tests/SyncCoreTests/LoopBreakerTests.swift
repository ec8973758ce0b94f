import SyncCore
import SyncModel
import Testing

@Suite("Fields that go back and forth")
struct LoopBreakerTests {
  private let breaker = LoopBreaker(bound: 4, window: .seconds(60))
  private let start = Samples.now

  private func turns(_ writes: [(Side, Int)]) -> LoopBreaker.Turns {
    writes.reduce(LoopBreaker.Turns()) { turns, write in
      breaker.after(turns, writing: write.0, now: start + .seconds(write.1))
    }
  }

  @Test("Writes to one side and the other are turns; at the bound the field is stopped")
  func alternation() {
    let three = turns([(.crm, 0), (.jira, 1), (.crm, 2)])
    #expect(three == LoopBreaker.Turns(count: 3, last: .crm, at: start + .seconds(2)))
    #expect(!breaker.stops(three))
    #expect(breaker.stops(breaker.after(three, writing: .jira, now: start + .seconds(3))))
  }

  @Test("Somebody who changes a field again and again on one side takes one turn")
  func oneSide() {
    #expect(turns([(.jira, 0), (.jira, 1), (.jira, 2), (.jira, 3), (.jira, 4)]).count == 1)
  }

  @Test("Turns that are further apart than the window begin anew")
  func slow() {
    #expect(turns([(.crm, 0), (.jira, 61), (.crm, 122), (.jira, 183), (.crm, 243)]).count == 2)
  }

  @Test("A clock that is set back stops nobody and lets nobody off")
  func clockSetBack() {
    #expect(turns([(.crm, 0), (.jira, -9000), (.crm, -8990), (.jira, -8980)]).count == 4)
  }
}
