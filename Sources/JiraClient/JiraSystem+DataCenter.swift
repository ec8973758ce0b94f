import SyncCore
import SyncModel
import Wire

/// What Jira Cloud answers for many at once, asked of a Data Center one after the other.
extension JiraSystem {
  /// Those of some issues that can be seen.
  func eachExisting(_ ids: [IssueID], token: Secret) async -> Result<[JiraIssue], CallFailure> {
    var found: [JiraIssue] = []
    for id in ids {
      switch await issue(id, fields: ["updated"], token: token) {
      case .success(let issue): found.append(issue)
      case .failure(.notFound): continue
      case .failure(let failure): return .failure(failure)
      }
    }
    return .success(found)
  }

  /// The markers of some of an issue's comments.
  func markers(
    of ids: Set<CommentID>, on issue: IssueID, token: Secret
  ) async -> Result<[CommentID: String], CallFailure> {
    var markers: [CommentID: String] = [:]
    var start = 0
    for _ in 0..<Self.pageLimit {
      let answer = await send(requests.comments(of: issue, startAt: start, token: token), .read)
      switch answer.flatMap(JiraResponses.commentMarkers) {
      case .failure(let failure): return .failure(failure)
      case .success(let found): markers.merge(found) { first, _ in first }
      }
      guard case .success(let page) = answer.flatMap(JiraResponses.comments) else { break }
      start += page.received
      if page.received == 0 || start >= page.total ?? start { break }
    }
    return .success(markers.filter { ids.contains($0.key) })
  }

  /// What changed in some fields of some issues.
  func histories(
    of issues: [IssueID], fields: Set<FieldKey>, token: Secret
  ) async -> Result<[ChangelogEntry], CallFailure> {
    var all: [ChangelogEntry] = []
    for issue in issues {
      switch await send(requests.issueWithHistory(issue, token: token), .read)
        .flatMap({ JiraResponses.history($0, of: issue) })
      {
      case .failure(let failure): return .failure(failure)
      case .success(let entries): all += entries
      }
    }
    return await named(all, token: token).map { entries in
      entries.compactMap { entry in
        var entry = entry
        if !fields.isEmpty { entry.items.removeAll { !fields.contains($0.field) } }
        return entry.items.isEmpty ? nil : entry
      }
    }
  }

  /// The entries with the ids of their fields, where a history calls them by their names: fields of one name are taken
  /// for the first of them.
  private func named(_ entries: [ChangelogEntry], token: Secret) async -> Result<[ChangelogEntry], CallFailure> {
    let known = ["Fix Version": "fixVersions", "Version": "versions", "Component": "components"]
    let names = Set(entries.flatMap(\.items).map(\.field.rawValue)).subtracting(known.keys)
    var ids = known
    // The system's own are called by their ids.
    if names.contains(where: { $0.contains { $0.isUppercase || $0.isWhitespace } }) {
      switch await send(requests.fields(token: token), .read).flatMap(SiteResponses.fieldNames) {
      case .failure(let failure): return .failure(failure)
      case .success(let fields):
        for (id, name) in fields.sorted(by: { $0.key > $1.key }) where ids[name] == nil || known[name] == nil {
          ids[name] = id
        }
      }
    }
    return .success(
      entries.map { entry in
        var entry = entry
        for index in entry.items.indices {
          if let id = ids[entry.items[index].field.rawValue] { entry.items[index].field = FieldKey(id) }
        }
        return entry
      })
  }
}
