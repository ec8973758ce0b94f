import JiraClient
import SyncCore
import SyncModel
import SyncStore

/// Looks for issues that no search shows: deleted, hidden, or moved to a project that no route names.
extension ReconcileReader {
  /// How many are looked for in one run, with one request.
  static let sweepSize = 50
  /// How often each is looked for at most, since Jira counts what it shows.
  static let sweepEvery: Duration = .seconds(3600)

  func sweep(now: @Sendable () -> Timestamp) async throws -> Outcome {
    var outcome = Outcome()
    let ids = try await services.store.nextToSweep(
      connection, limit: Self.sweepSize, every: Self.sweepEvery, now: now())
    guard !ids.isEmpty else { return outcome }
    let found: [IssueID: JiraIssue]
    switch await jira.existing(ids, token: token) {
    case .failure(let failure):
      outcome.problem = "looking for linked issues: \(failure)"
      return outcome
    case .success(let issues): found = Dictionary(issues.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }
    let missing = ids.filter { found[$0] == nil }
    // People delete one issue or two; who cannot see most of them has lost a permission.
    guard missing.count <= max(5, ids.count / 2) else {
      outcome.problem =
        "\(missing.count) of \(ids.count) linked issues cannot be seen: the service user may lack a permission"
      return outcome
    }
    let links = try await services.store.linksToReconcile(connection, issues: ids)
    for id in ids {
      for link in links[id] ?? [] where isNews(found[id], link) {
        try await reconcile(id, link, updated: found[id]?.updated, &outcome, now: now)
        guard outcome.problem == nil else { return outcome }
      }
    }
    return outcome
  }

  private func isNews(_ issue: JiraIssue?, _ link: LinkToReconcile) -> Bool {
    guard let issue else { return link.state.standing == .linked }
    return link.state.standing == .outOfReach
      || link.state.issueUpdatedAt != nil && link.state.issueUpdatedAt != issue.updated
  }
}
