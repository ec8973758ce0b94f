import JSON
package import MappingLanguage
package import SyncCore
package import SyncModel
package import Wire

/// One Jira Cloud site, spoken to with whatever token a call brings.
package struct JiraSystem: Sendable {
  private static let commentPages = 50
  private static let changelogPages = 100

  private let transport: any Transport
  private let requests: JiraRequests

  package init(transport: any Transport, site: JiraSite, cloudID: String) {
    self.transport = transport
    requests = JiraRequests(site: site, cloudID: cloudID)
  }

  /// Carries out one of the four calls that concern Jira; a transition first asks which transitions there are.
  package func perform(_ call: RemoteCall, issue: IssueID?, token: Secret) async -> CallOutcome {
    if case .createIssue(let creation) = call {
      return await write(requests.create(creation), token) { JiraResponses.created($0) }
    }
    guard let issue else { return .failure(.notFound("the case has no issue yet")) }
    switch call {
    case .createIssue: return .failure(.notFound("the case has no issue yet"))
    case .editIssue(let edit): return await write(requests.edit(edit, issue: issue), token) { _ in .issueEdited }
    case .addComment(let comment):
      return await write(requests.addComment(comment, issue: issue), token) { json in
        json["id"]?.text.map { .commented(CommentID($0)) }
      }
    case .transitionIssue(let transition): return await self.transition(transition, issue, token)
    case .writeCase, .addCaseComment: return .failure(.rejected("this is no call to Jira", fields: [:]))
    }
  }

  private func transition(_ transition: IssueTransition, _ issue: IssueID, _ token: Secret) async -> CallOutcome {
    let available: [JiraTransition]
    switch await read(requests.transitions(of: issue), token, JiraResponses.transitions) {
    case .failure(let failure): return .failure(failure)
    case .success(let list): available = list
    }
    let target = transition.status
    let way =
      available.first { $0.toStatus == target }
      ?? available.first { $0.toStatus.lowercased() == target.lowercased() }
    if let way {
      let request = requests.transition(way, resolution: transition.resolution, issue: issue)
      return await write(request, token) { _ in .transitioned }
    }
    switch await self.issue(issue, fields: ["status"], token: token) {
    case .failure(let failure): return .failure(failure)
    case .success(let now) where now.status.lowercased() == target.lowercased(): return .success(.nothingToDo)
    case .success(let now):
      return .failure(
        .rejected("no transition leads from \(now.status) to \(target) for this person", fields: [:]))
    }
  }

  // MARK: - Reads

  /// - Parameter fields: ids of fields; `updated` and `status` fill the properties of that name.
  package func issue(_ id: IssueID, fields: [String], token: Secret) async -> Result<JiraIssue, CallFailure> {
    await read(requests.issue(id, fields: fields), token, JiraResponses.issue)
  }

  /// All comments of an issue, page by page; Jira keeps at most 5,000.
  package func comments(of issue: IssueID, token: Secret) async -> Result<[JiraComment], CallFailure> {
    var comments: [JiraComment] = []
    var start = 0
    for _ in 0..<Self.commentPages {
      let page = await read(requests.comments(of: issue, startAt: start), token) { json in
        json["comments"]?.array.map { (items: $0, total: json["total"]?.int ?? 0) }
      }
      switch page {
      case .failure(let failure): return .failure(failure)
      case .success(let page):
        comments += page.items.compactMap(JiraResponses.comment)
        start += page.items.count
        if page.items.isEmpty || start >= page.total { return .success(comments) }
      }
    }
    return .failure(.unreadable("the issue has more comments than Jira allows"))
  }

  /// The markers of our own among some comments.
  package func commentMarkers(
    _ ids: [CommentID], token: Secret
  ) async -> Result<[CommentID: String], CallFailure> {
    var markers: [CommentID: String] = [:]
    for start in stride(from: 0, to: ids.count, by: 1000) {
      let group = Array(ids[start..<min(start + 1000, ids.count)])
      switch await read(requests.commentProperties(group), token, JiraResponses.markers) {
      case .failure(let failure): return .failure(failure)
      case .success(let found): markers.merge(found) { first, _ in first }
      }
    }
    return .success(markers)
  }

  /// One page of a search; the index lags by seconds to minutes, except for the issues in `reconcile`.
  package func search(
    jql: String, fields: [String], page: String?, reconcile: [IssueID], token: Secret
  ) async -> Result<IssuePage, CallFailure> {
    await read(
      requests.search(jql: jql, fields: fields, page: page, reconcile: reconcile), token, JiraResponses.page)
  }

  /// The issues that carry a case's label; an empty answer right after a create proves nothing.
  package func issue(label: String, project: String, token: Secret) async -> Result<[JiraIssue], CallFailure> {
    await search(
      jql: JiraRequests.jql(label: label, project: project), fields: ["status", "updated"], page: nil, reconcile: [],
      token: token
    ).map(\.issues)
  }

  /// The changelog of some issues, oldest first.
  package func changelogs(
    of issues: [IssueID], fields: [FieldKey], token: Secret
  ) async -> Result<[ChangelogEntry], CallFailure> {
    var entries: [ChangelogEntry] = []
    var page: String?
    var seen: Set<String> = []
    for _ in 0..<Self.changelogPages {
      let answer = await read(requests.changelogs(of: issues, fields: fields, page: page), token) { json in
        JiraResponses.changelog(json).map { (entries: $0, next: json["nextPageToken"]?.string) }
      }
      switch answer {
      case .failure(let failure): return .failure(failure)
      case .success(let found):
        entries += found.entries
        guard let next = found.next, seen.insert(next).inserted else { return .success(entries) }
        page = next
      }
    }
    return .success(entries)
  }

  package func myself(token: Secret) async -> Result<AtlassianAccount, CallFailure> {
    await read(requests.myself(), token, JiraResponses.account)
  }

  // MARK: - Sending

  private func write(
    _ request: WireRequest, _ token: Secret, _ receipt: (JSONValue) -> Receipt?
  ) async -> CallOutcome {
    do throws(TransportFailure) {
      let response = try await transport.send(request.bearing(token))
      if let failure = JiraAnswer.failure(response, intent: .write) { return .failure(failure) }
      // A success that cannot be read happened all the same: it is looked up, not repeated.
      guard let receipt = receipt(JiraAnswer.json(response) ?? .null) else {
        return .failure(.unknown("Jira's answer does not say what was made"))
      }
      return .success(receipt)
    } catch { return .failure(JiraAnswer.failure(error, intent: .write)) }
  }

  private func read<Value>(
    _ request: WireRequest, _ token: Secret, _ parse: (JSONValue) -> Value?
  ) async -> Result<Value, CallFailure> {
    do throws(TransportFailure) {
      let response = try await transport.send(request.bearing(token))
      if let failure = JiraAnswer.failure(response, intent: .read) { return .failure(failure) }
      guard let value = JiraAnswer.json(response).flatMap(parse) else {
        return .failure(.unreadable("Jira's answer has an unknown shape"))
      }
      return .success(value)
    } catch { return .failure(JiraAnswer.failure(error, intent: .read)) }
  }
}
