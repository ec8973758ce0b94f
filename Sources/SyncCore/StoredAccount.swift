package import SyncModel

/// An account of which something is stored.
package struct StoredAccount: Hashable, Sendable {
  package var account: AccountID
  /// When what is stored of it was last read at Atlassian.
  package var readAt: Timestamp
  /// When Atlassian was last told of it; nil: never.
  package var reportedAt: Timestamp?

  package init(account: AccountID, readAt: Timestamp, reportedAt: Timestamp? = nil) {
    self.account = account
    self.readAt = readAt
    self.reportedAt = reportedAt
  }
}

/// When Atlassian is told of which accounts: each once in a cycle, and never more often.
package struct ReportCycle: Hashable, Sendable {
  package static let standard = ReportCycle(length: .seconds(7 * 86_400))

  package var length: Duration

  package init(length: Duration) { self.length = length }

  /// Those whose turn it is, who waited longest first.
  package func due(_ accounts: [StoredAccount], now: Timestamp) -> [StoredAccount] {
    accounts.filter { $0.reportedAt.map { $0 + length <= now } ?? true }
      .sorted {
        ($0.reportedAt?.milliseconds ?? 0, $0.account) < ($1.reportedAt?.milliseconds ?? 0, $1.account)
      }
  }
}
