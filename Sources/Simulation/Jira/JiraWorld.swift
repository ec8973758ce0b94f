import JSON
import SyncModel
import Wire

/// Everything a simulated Jira holds; ``SimulatedJira`` guards it, the other files of this folder are its rules.
struct JiraWorld {
  var configuration: SimulatedJiraConfiguration
  var random: SeededRandom
  /// In the order of creation; an issue's place is its id less ``firstID``. Deleted ones stay as marked shells.
  var issues: [SimulatedIssue] = []
  /// Every key that an issue has or had → its place.
  var places: [String: Int] = [:]
  /// What the search index will show, per issue; see ``SearchIndex``.
  var index = SearchIndex()
  var lastNumbers: [String: Int] = [:]
  var lastCommentID = 20_000
  var lastChangeID = 30_000
  var lastRemoteLinkID = 40_000
  var lastAttachmentID = 50_000
  var sessions = AuthorizationSessions()
  var permissions: [AccountID: [String: Set<SimulatedPermission>]] = [:]
  var faults = FaultPlan.none
  var armedFaults: [ArmedFault] = []
  var log: [LoggedRequest] = []
  var limits = JiraLimits()
  var effects = EffectRecord()
  /// What the request under way is logged as.
  var note = (template: "", account: AccountID?.none)
  var searchIsStale = false
  /// What the app reported of the accounts that it stores, and what became of the accounts.
  var personalData = PersonalDataDesk()

  static let firstID = 10_001

  init(configuration: SimulatedJiraConfiguration) {
    self.configuration = configuration
    random = SeededRandom(seed: configuration.seed)
  }

  func permissions(of account: AccountID, in project: String) -> Set<SimulatedPermission> {
    permissions[account]?[project] ?? SimulatedPermission.usual
  }

  /// The place of an issue, by id or by a key that it has or had (in any case of letters); nil for none or a deleted one.
  func place(of idOrKey: String) -> Int? {
    let place: Int?
    if let number = Int(idOrKey) { place = number - Self.firstID } else { place = places[idOrKey.uppercased()] }
    guard let place, issues.indices.contains(place), !issues[place].isDeleted else { return nil }
    return place
  }

  func fields(of project: String) -> [SimulatedField] { SimulatedField.system + configuration.customFields }

  func field(_ id: String) -> SimulatedField? {
    (SimulatedField.system + configuration.customFields).first { $0.id == id }
  }

  /// Notes that an issue was written: its `updated`, its write rate, and what the index will show.
  mutating func touch(_ place: Int, now: Timestamp) {
    issues[place].updated = max(now, issues[place].updated)
    issues[place].recentWrites.removeAll { now - $0 >= .seconds(30) }
    issues[place].recentWrites.append(now)
    index.note(issues[place], at: now, lag: configuration.searchLag)
  }

  mutating func nextCommentID() -> String {
    lastCommentID += 1
    return String(lastCommentID)
  }

  /// Adds a changelog entry; a write that changes nothing leaves none.
  mutating func record(
    _ items: [JSONValue], on place: Int, by account: AccountID, metadata: JSONValue?, now: Timestamp
  ) {
    guard !items.isEmpty else { return }
    lastChangeID += 1
    issues[place].changes.append(
      SimulatedChange(
        id: String(lastChangeID), author: account, created: now, items: items, historyMetadata: metadata))
  }

  /// Carries a request through the faults to its answer, and notes it in the log.
  mutating func exchange(_ request: WireRequest, now: Timestamp) -> SimulatedExchange {
    guard let target = RequestTarget(request.url) else { return .answer(.html(400, "<h1>Bad request</h1>")) }
    note = (template(of: target), nil)
    var fault: Fault?
    searchIsStale = false
    let isREST = target.path.hasPrefix("/ex/") || target.path.hasPrefix("/rest/")
    if isREST || ["/oauth/", "/app/"].contains(where: target.path.hasPrefix) {
      fault = armedFaults.strike(method: request.method.rawValue, path: target.path) ?? faults.fault(using: &random)
      if target.path.hasPrefix("/oauth/") || target.path.hasPrefix("/rest/oauth2/"),
        fault == .unauthorised || fault == .forbidden
      {
        fault = nil
      }
      searchIsStale = random.happens(faults.staleSearch)
    }
    effects.isRequest = isREST
    defer { effects.isRequest = false }
    let exchange = SimulatedExchange.through(fault) { answer(request, target: target, now: now) }
    let status: Int? =
      switch exchange {
      case .answer(let response), .slowAnswer(let response, _): response.status
      case .lostAfterApply, .refusedConnection: nil
      }
    log.note(
      LoggedRequest(
        method: request.method.rawValue, template: note.template, account: note.account?.rawValue, time: now,
        status: status))
    return exchange
  }
}

/// What the search sees: older than the truth by the configured lag.
struct SearchIndex {
  private struct Version {
    var time: Timestamp
    var issue: SimulatedIssue
  }

  /// By issue id, oldest first.
  private var versions: [String: [Version]] = [:]

  mutating func note(_ issue: SimulatedIssue, at now: Timestamp, lag: Duration) {
    var known = versions[issue.id] ?? []
    // Twice the lag, because a stale search looks that far back.
    while known.count > 1, known[1].time + lag + lag <= now { known.removeFirst() }
    var shown = issue
    shown.changes = []
    known.append(Version(time: now, issue: shown))
    versions[issue.id] = known
  }

  /// The issue as it was `lag` ago; nil where it did not exist then, or was deleted.
  func issue(_ id: String, now: Timestamp, lag: Duration) -> SimulatedIssue? {
    let version = versions[id]?.last { $0.time + lag <= now }
    guard let version, !version.issue.isDeleted else { return nil }
    return version.issue
  }
}
