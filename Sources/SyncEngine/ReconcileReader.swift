import CRMClient
import JSON
import JiraClient
import MappingLanguage
import RichText
import SyncCore
import SyncModel
import SyncStore

/// Reads what one run needs of Jira and of the CRM, and journals what follows, issue by issue.
struct ReconcileReader: Sendable {
  struct Outcome: Sendable {
    var issues = 0
    var planned = 0
    /// Jira's `updated` of the issues that are left to the next run.
    var deferred: [Timestamp] = []
    /// Links whose issue or case could not be read; each says so in its case's story.
    var failed = 0
    var failedInARow = 0
    /// Why the rest was not looked at.
    var problem: String?
  }

  /// After more failures in a row it is not the issues.
  private static let patience = 5

  var services: Services
  var connection: ConnectionName
  var jira: JiraSystem
  var token: Secret
  /// For who is looked up.
  var access: GrantAccess

  func search(since: Timestamp, page: String?) async -> Result<IssuePage, CallFailure> {
    let mappings = services.live.current.mappings.mappings(of: connection)
    let projects = Set(mappings.flatMap(\.routes).map(\.project)).sorted()
    // Epoch milliseconds are read alike in every reader's time zone; date texts are not.
    let jql =
      "project in (" + projects.map { "\"\($0)\"" }.joined(separator: ", ")
      + ") AND updated >= \(since.milliseconds) ORDER BY updated ASC, key ASC"
    return await jira.search(jql: jql, fields: ["updated"], page: page, reconcile: [], token: token)
  }

  /// Reconciles the links of issues that the search shows.
  func reconcile(_ found: [JiraIssue], now: @Sendable () -> Timestamp) async throws -> Outcome {
    var outcome = Outcome()
    let links = try await services.store.linksToReconcile(connection, issues: found.map(\.id))
    for issue in found {
      for link in links[issue.id] ?? []
      where link.state.issueUpdatedAt == nil || link.state.issueUpdatedAt != issue.updated {
        try await reconcile(issue.id, link, updated: issue.updated, &outcome, now: now)
        guard outcome.problem == nil else { return outcome }
      }
    }
    return outcome
  }

  /// Reconciles links that an earlier run or a conflict left open, whenever their issues were changed.
  func reconcile(leftOpen issues: [IssueID], now: @Sendable () -> Timestamp) async throws -> Outcome {
    var outcome = Outcome()
    let links = try await services.store.linksToReconcile(connection, issues: issues)
    for issue in issues {
      for link in links[issue] ?? [] where link.state.issueUpdatedAt == nil {
        try await reconcile(issue, link, updated: nil, &outcome, now: now)
        guard outcome.problem == nil else { return outcome }
      }
    }
    return outcome
  }

  func reconcile(
    _ issue: IssueID, _ link: LinkToReconcile, updated: Timestamp?, _ outcome: inout Outcome,
    now: @Sendable () -> Timestamp
  ) async throws {
    outcome.issues += 1
    switch try await reconcile(issue, link, now: now) {
    case .planned(let count):
      outcome.planned += count
      outcome.failedInARow = 0
    case .deferred: outcome.deferred.append(updated ?? now())
    case .disappeared(let disappearance):
      let count = try await services.store.journal(
        disappearance, of: link, updated: updated, connection: connection, now: now())
      if let count { outcome.planned += count } else { outcome.deferred.append(updated ?? now()) }
    case .gone(let reason):
      try await services.store.setAside(
        link, until: updated ?? now(), reason: reason, connection: connection, now: now())
    case .failed(let failure):
      let name = link.state.issue?.key.rawValue ?? issue.rawValue
      outcome.failed += 1
      if failure.mayPass { outcome.failedInARow += 1 }
      if failure.concernsAll || outcome.failedInARow > Self.patience {
        outcome.problem = "reading \(name): \(failure)"
        return
      }
      try await services.store.setAside(
        link, until: nil, reason: "could not be reconciled, and is left to the next run: \(failure)",
        connection: connection, now: now())
    }
  }

  private enum LinkOutcome {
    case planned(Int)
    case deferred
    /// The issue is deleted, or hidden.
    case disappeared(Disappearance)
    /// There is nothing to reconcile any more; why, in plain words.
    case gone(String)
    case failed(CallFailure)
  }

  private func reconcile(
    _ id: IssueID, _ link: LinkToReconcile, now: @Sendable () -> Timestamp
  ) async throws -> LinkOutcome {
    guard !link.isBusy else { return .deferred }
    guard let mapping = services.live.current.mappings.mapping(link.mapping) else {
      return .gone("the mapping \(link.mapping) is not among the files that are live, so Jira's changes stay there")
    }
    let reconciliation = Reconciliation(mapping: mapping)
    let profile = services.live.current.mappings.profile(of: connection)
    let hidden = Disappearance(
      of: link.state.issue?.key ?? IssueKey(id.rawValue), under: mapping.deletion,
      canTell: profile?.canAddNotes ?? false, number: now().milliseconds)
    let issue: JiraIssue
    switch await jira.issue(id, fields: reconciliation.jiraFields, token: token) {
    case .success(let read): issue = read
    case .failure(.notFound): return .disappeared(hidden)
    case .failure(let failure): return .failed(failure)
    }
    let comments: [JiraComment]
    switch await jira.comments(of: id, token: token) {
    case .success(let list): comments = list
    case .failure(.notFound): return .disappeared(hidden)
    case .failure(let failure): return .failed(failure)
    }
    var known = Set(link.comments.keys)
    if link.hasLostComment {
      switch await ownComments(among: comments.map(\.id).filter { !known.contains($0) }, on: id, of: link) {
      case .success(let own): known.formUnion(own)
      case .failure(let failure): return .failed(failure)
      }
    }
    let moved = reconciliation.moved(issue, from: link.state)
    let people = services.live.current.mappings.people(
      of: connection, beside: try await services.store.people(of: connection))
    var input = Reconciliation.Input(
      link: link.state, issue: issue, comments: comments, knownComments: known, reading: nil,
      people: people, markup: profile?.text.markup ?? .plain, authors: [:])
    input.mention = services.live.current.mappings.mentions(of: connection)
    input.knownFiles = link.files
    input.hasLostFile = link.hasLostFile
    input.pairs = link.comments
    input.hasAllComments = comments.count < JiraSystem.commentLimit
    input.abilities = profile?.abilities ?? CaseAbilities()
    var changes: [FieldKey: ChangelogEntry] = [:]
    if !moved.isEmpty {
      switch await services.crm(of: connection)?.reading(of: link.caseID, mapping) {
      case nil, .success(nil): break
      case .success(let reading?): input.reading = reading
      case .failure(.notFound), .failure(.gone):
        return .gone("the CRM no longer has the case, so Jira's changes stay there")
      case .failure(let failure): return .failed(failure)
      }
      changes = await self.changes(of: id, moved)
    }
    let lost: [Conflict]
    switch await replaced(by: link.writes, in: id) {
    case .success(let conflicts): lost = conflicts
    case .failure(let failure): return .failed(failure)
    }
    let decision: Reconciliation.Decision
    switch try await decide(reconciliation, input, changes, now: now) {
    case .success(let made): decision = made
    case .failure(let failure): return .failed(failure)
    }
    let count = try await services.store.journal(
      ReconciledLink(
        link: link, issue: issue, operations: decision.operations, bases: decision.bases,
        conflicts: lost + decision.conflicts, notes: decision.notes, texts: decision.texts, gone: decision.gone,
        leftOut: decision.leftOut),
      connection: connection, now: now())
    return count.map(LinkOutcome.planned) ?? .deferred
  }

  /// Those of the comments that are mirrors of the case's own, by the marker that each of ours carries.
  private func ownComments(
    among comments: [CommentID], on issue: IssueID, of link: LinkToReconcile
  ) async -> Result<Set<CommentID>, CallFailure> {
    guard !comments.isEmpty else { return .success([]) }
    let start = EchoGuard.marker(connection: connection, case: link.caseID, comment: "")
    return await jira.commentMarkers(comments, of: issue, token: token).map { markers in
      Set(markers.filter { $0.value.hasPrefix(start) }.keys)
    }
  }

  /// What people entered just before a write of ours replaced it, unseen.
  private func replaced(by writes: [JiraWrite], in issue: IssueID) async -> Result<[Conflict], CallFailure> {
    guard !writes.isEmpty else { return .success([]) }
    let fields = Set(writes.flatMap(\.before.keys)).sorted()
    return await jira.changelogs(of: [issue], fields: fields, token: token).map { entries in
      writes.flatMap { write in
        let receipt = ChangeReceipt(connection: connection, operation: write.operation)
        return write.lost(in: entries.filter { $0.receipt == receipt }.flatMap(\.items))
      }
    }
  }

  /// Who changed what last and when; a changelog that cannot be read costs the names and nothing else.
  private func changes(of issue: IssueID, _ fields: Set<FieldKey>) async -> [FieldKey: ChangelogEntry] {
    guard case .success(let entries) = await jira.changelogs(of: [issue], fields: fields.sorted(), token: token) else {
      return [:]
    }
    var changes: [FieldKey: ChangelogEntry] = [:]
    for entry in entries {
      for item in entry.items {
        if let known = changes[item.field]?.created, let created = entry.created, created < known { continue }
        changes[item.field] = entry
      }
    }
    return changes
  }
}

extension CRMProfile {
  fileprivate var abilities: CaseAbilities {
    let edit = api?.requests[.editComment]
    return CaseAbilities(canEditComments: edit != nil, canHideComments: edit?.body?.uses("public") ?? false)
  }
}

extension CallFailure {
  /// Not about one issue: the next one would fail like it.
  fileprivate var concernsAll: Bool {
    switch self {
    case .unreachable, .rateLimited, .unauthorised, .scopeMissing, .noGrant, .appForbidden, .gone, .unsupported,
      .redirected:
      true
    case .unknown, .unavailable, .forbidden, .notFound, .conflict, .rejected, .tooLarge, .misconfigured, .unreadable:
      false
    }
  }

  /// The far side as a whole may be unwell.
  fileprivate var mayPass: Bool {
    switch self {
    case .unknown, .unavailable: true
    case .unreachable, .rateLimited, .unauthorised, .scopeMissing, .noGrant, .forbidden, .appForbidden, .notFound,
      .gone, .conflict, .rejected, .tooLarge, .misconfigured, .unsupported, .redirected, .unreadable:
      false
    }
  }
}
