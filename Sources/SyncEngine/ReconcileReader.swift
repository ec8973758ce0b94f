import CRMClient
import JSON
import JiraClient
import MappingLanguage
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
    var problem: String?
  }

  var services: Services
  var connection: ConnectionName
  var jira: JiraSystem
  var token: Secret

  func search(since: Timestamp, page: String?) async -> Result<IssuePage, CallFailure> {
    let mappings = services.live.current.mappings.mappings(of: connection)
    let projects = Set(mappings.flatMap(\.routes).map(\.project)).sorted()
    // Epoch milliseconds are read alike in every reader's time zone; date texts are not.
    let jql =
      "project in (" + projects.map { "\"\($0)\"" }.joined(separator: ", ")
      + ") AND updated >= \(since.milliseconds) ORDER BY updated ASC, key ASC"
    return await jira.search(jql: jql, fields: ["updated"], page: page, reconcile: [], token: token)
  }

  func reconcile(_ found: [JiraIssue], now: @Sendable () -> Timestamp) async throws -> Outcome {
    var outcome = Outcome()
    let links = try await services.store.linksToReconcile(connection, issues: found.map(\.id))
    for issue in found {
      for link in links[issue.id] ?? []
      where link.state.issueUpdatedAt == nil || link.state.issueUpdatedAt != issue.updated {
        outcome.issues += 1
        switch try await reconcile(issue.id, link, now: now) {
        case .planned(let count): outcome.planned += count
        case .deferred: outcome.deferred.append(issue.updated ?? now())
        case .gone: break
        case .failed(let failure):
          outcome.problem = "reading \(issue.key): \(failure)"
          return outcome
        }
      }
    }
    return outcome
  }

  private enum LinkOutcome {
    case planned(Int)
    case deferred
    case gone
    case failed(CallFailure)
  }

  private func reconcile(
    _ id: IssueID, _ link: LinkToReconcile, now: @Sendable () -> Timestamp
  ) async throws -> LinkOutcome {
    guard !link.isBusy else { return .deferred }
    guard let mapping = services.live.current.mappings.mapping(link.mapping) else { return .gone }
    let reconciliation = Reconciliation(mapping: mapping)
    let issue: JiraIssue
    switch await jira.issue(id, fields: reconciliation.jiraFields, token: token) {
    case .success(let read): issue = read
    case .failure(.notFound): return .gone
    case .failure(let failure): return .failed(failure)
    }
    let comments: [JiraComment]
    switch await jira.comments(of: id, token: token) {
    case .success(let list): comments = list
    case .failure(.notFound): return .gone
    case .failure(let failure): return .failed(failure)
    }
    let moved = reconciliation.moved(issue, from: link.state)
    var input = Reconciliation.Input(
      link: link.state, issue: issue, comments: comments, knownComments: link.knownComments, reading: nil,
      people: try await services.store.people(of: connection),
      markup: services.live.current.mappings.profile(of: connection)?.text.markup ?? .plain, authors: [:])
    if !moved.isEmpty {
      switch await reading(of: link.caseID, mapping) {
      case .success(let reading): input.reading = reading
      case .failure(let failure): return .failed(failure)
      }
      input.authors = await authors(of: id, moved)
    }
    let decision = reconciliation.decide(input)
    let count = try await services.store.journal(
      ReconciledLink(
        link: link, issue: issue, operations: decision.operations, bases: decision.bases,
        conflicts: decision.conflicts, notes: decision.notes),
      connection: connection, now: now())
    return count.map(LinkOutcome.planned) ?? .deferred
  }

  /// The case as the CRM has it now, so that a change there is not overwritten unseen; nil where the profile has no way to ask.
  private func reading(of caseID: CaseID, _ mapping: Mapping) async -> Result<CaseReading?, CallFailure> {
    guard let crm = services.crm(of: connection), crm.requests.profile.api?.requests[.getCase] != nil else {
      return .success(nil)
    }
    switch await crm.getCase(caseID) {
    case .failure(let failure): return .failure(failure)
    case .success(let fetched):
      do {
        let (document, node) = try CRMSystem.document(of: fetched)
        return .success(try mapping.read(document, caseNode: node, connection: connection, caseID: caseID))
      } catch {
        return .failure(.unreadable("the CRM's answer has no case where the profile says"))
      }
    }
  }

  /// Who changed what last, for the way back; a changelog that cannot be read costs the name and nothing else.
  private func authors(of issue: IssueID, _ fields: Set<FieldKey>) async -> [FieldKey: String] {
    guard case .success(let entries) = await jira.changelogs(of: [issue], fields: fields.sorted(), token: token) else {
      return [:]
    }
    var authors: [FieldKey: String] = [:]
    for entry in entries { for item in entry.items { authors[item.field] = entry.authorName } }
    return authors
  }
}
