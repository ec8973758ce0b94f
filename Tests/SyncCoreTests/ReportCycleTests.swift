import SyncCore
import SyncModel
import Testing

@Suite("When accounts are reported")
struct ReportCycleTests {
  private let now = Timestamp(seconds: 1_780_000_000)

  private func account(_ id: AccountID, reported days: Int?) -> StoredAccount {
    StoredAccount(account: id, readAt: now, reportedAt: days.map { now - .seconds($0 * 86_400) })
  }

  @Test("Each account's turn comes when its cycle has passed, and at once when it was never reported")
  func due() {
    let accounts = [
      account("c", reported: 8), account("a", reported: nil), account("b", reported: 6), account("d", reported: 7),
    ]
    #expect(ReportCycle.standard.due(accounts, now: now).map(\.account) == ["a", "c", "d"])
    let short = ReportCycle(length: .seconds(86_400))
    #expect(short.due(accounts, now: now).map(\.account) == ["a", "c", "d", "b"])
  }
}
