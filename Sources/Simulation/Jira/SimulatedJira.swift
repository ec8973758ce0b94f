package import JSON
package import SyncModel
import Synchronization
package import Wire

/// A small working Jira Cloud: its authorization server, its gateway and one site, on one origin.
///
/// It has Jira's rules (identity is the token's, documents must be ADF, statuses change by transitions, the search lags)
/// and no clock: every call is given the time. Safe to call from anywhere; calls take effect one after the other.
package final class SimulatedJira: Sendable {
  package let configuration: SimulatedJiraConfiguration
  private let world: Mutex<JiraWorld>
  private let onChange: (@Sendable (JSONValue) -> Void)?

  /// - Parameters:
  ///   - restoring: a ``snapshot`` of earlier, from which to go on.
  ///   - onChange: called with a new snapshot after each request or act that may have changed something, before its
  ///     answer is given and never twice at once: what it saves in time survives the end of the process.
  package init(
    configuration: SimulatedJiraConfiguration, restoring: JSONValue? = nil,
    onChange: (@Sendable (JSONValue) -> Void)? = nil
  ) {
    self.configuration = configuration
    self.onChange = onChange
    var world = JiraWorld(configuration: configuration)
    if let restoring { world.restore(restoring) }
    self.world = Mutex(world)
  }

  /// Everything that must survive a restart, sessions and tokens included.
  package var snapshot: JSONValue { world.withLock { $0.snapshot } }

  /// What ``state`` shows of a file's content.
  package static func digest(of content: [UInt8]) -> String { JiraWorld.digest(of: content) }

  /// Issues with their people, statuses and comments, as `GET /simulated/state` answers it.
  package var state: JSONValue { world.withLock { $0.state } }

  /// Carries out one request, with the faults that are armed.
  package func exchange(_ request: WireRequest, now: Timestamp) -> SimulatedExchange {
    let isReading = request.method == .get || ["/search/jql", "/bulkfetch"].contains { request.url.hasSuffix($0) }
    return changing(saves: !isReading) { $0.exchange(request, now: now) }
  }

  /// Carries out one request; an answer that is lost becomes 502, a refused connection 503.
  package func respond(to request: WireRequest, now: Timestamp) -> WireResponse {
    exchange(request, now: now).response
  }

  /// What was asked so far, oldest first.
  package var log: [LoggedRequest] { world.withLock { $0.log } }

  /// What the app has used of this hour's points.
  package var pointsUsed: Int { world.withLock { $0.limits.pointsUsed } }

  /// Begins the log anew.
  package func clearLog() { world.withLock { $0.log = [] } }

  /// Keeps account of every change from now on, for ``takeEffects()``.
  package func recordEffects() { world.withLock { $0.effects.isWanted = true } }

  /// What changed since the last call, oldest first.
  package func takeEffects() -> [SimulatedEffect] { world.withLock { $0.effects.take() } }

  /// How often requests go wrong from now on.
  package func setFaults(_ plan: FaultPlan) { world.withLock { $0.faults = plan } }

  /// A fault for the next requests that fit it; it comes before the plan's dice.
  package func arm(_ fault: ArmedFault) { world.withLock { $0.armedFaults.append(fault) } }

  /// What an account may do in a project from now on.
  package func setPermissions(_ permissions: Set<SimulatedPermission>, of account: AccountID, in project: String) {
    changing { $0.permissions[account, default: [:]][project] = permissions }
  }

  /// Whether an account has the global permission "Browse users and groups" from now on, until the site is started again.
  package func setBrowsesUsers(_ may: Bool, of account: AccountID) {
    changing { world in
      var browsers = world.configuration.browsers ?? Set(world.configuration.accounts.map(\.id))
      if may { browsers.insert(account) } else { browsers.remove(account) }
      world.configuration.browsers = browsers
    }
  }

  /// Somebody's profile becomes another, until the site is started again.
  ///
  /// Apps that store a name are told of a new one by ``rename(_:to:now:)``.
  package func change(account id: AccountID, _ change: (inout SimulatedAccount) -> Void) {
    changing { world in
      for index in world.configuration.accounts.indices where world.configuration.accounts[index].id == id {
        change(&world.configuration.accounts[index])
      }
    }
  }

  /// An admin of the site changes a project: its types, screens, workflow.
  package func change(project key: String, _ change: (inout SimulatedProject) -> Void) {
    changing { world in
      for index in world.configuration.projects.indices where world.configuration.projects[index].key == key {
        change(&world.configuration.projects[index])
      }
    }
  }

  /// The person takes the app out of their Atlassian account.
  package func revokeGrants(of account: AccountID) { changing { $0.sessions.revokeAll(of: account) } }

  /// The person closes their Atlassian account: its tokens end, and Jira calls them by no name or id any more.
  package func close(_ account: AccountID) {
    changing {
      $0.sessions.revokeAll(of: account)
      $0.personalData.closed.insert(account)
    }
  }

  /// The person changes their profile, which whoever stores some of it is to learn.
  package func rename(_ account: AccountID, to name: String, now: Timestamp) {
    changing { world in
      for index in world.configuration.accounts.indices where world.configuration.accounts[index].id == account {
        world.configuration.accounts[index].name = name
      }
      world.personalData.changed[account] = now
    }
  }

  /// What the app reported of the accounts that it stores.
  package var personalData: PersonalDataDesk { world.withLock { $0.personalData } }

  /// How often accounts are to be reported from now on.
  package func setReportCycle(days: Int) { changing { $0.personalData.cycleDays = days } }

  /// An account's access tokens end before their time, as they may; its refresh tokens stay good.
  package func endAccessTokens(of account: AccountID) { changing { $0.sessions.endAccess(of: account) } }

  /// A token that a person makes in their profile.
  ///
  /// - Parameter isScoped: an API token that has scopes, and so works at Atlassian's gateway only.
  package func makeToken(for account: AccountID, isScoped: Bool = false, expires: Timestamp? = nil) -> String {
    changing { world in
      let token = world.random.token()
      world.sessions.ownTokens[token] = AuthorizationSessions.OwnToken(
        account: account, isScoped: isScoped, expires: expires)
      return token
    }
  }

  /// A person deletes their own tokens again.
  package func deleteTokens(of account: AccountID) {
    changing { world in world.sessions.ownTokens = world.sessions.ownTokens.filter { $0.value.account != account } }
  }

  /// A code as the consent page would give it, for tests that are not about consent.
  package func authorizationCode(for account: AccountID, scopes: [String], now: Timestamp) -> String {
    changing { world in
      let code = world.random.token()
      world.sessions.codes[code] = AuthorizationSessions.Code(
        account: account, scopes: scopes, redirectURI: configuration.redirectURI, expires: now + configuration.codeLife)
      return code
    }
  }

  private func changing<Result, Failure: Error>(
    saves: Bool = true, _ body: (inout sending JiraWorld) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try world.withLock { world throws(Failure) in
      let result = try body(&world)
      if saves, let onChange { onChange(world.snapshot) }
      return result
    }
  }
}

/// What people do in Jira itself, without our program.
extension SimulatedJira {
  /// A person makes an issue; `fields` as in Jira's own interface, without project and type.
  @discardableResult
  package func createIssue(
    in project: String, type: String = "Task", as account: AccountID, fields: JSONValue, now: Timestamp
  ) throws(SimulationError) -> IssueID {
    try changing { world throws(SimulationError) in
      let known = try world.knownProject(project)
      let values = try world.checked(fields, current: [:], project: known, account: account)
      let place = world.insert(values, project: known, type: type, creator: account, properties: [], now: now)
      return IssueID(world.issues[place].id)
    }
  }

  /// A person edits fields; values as Jira's interface takes them, and descriptions also as plain text.
  package func edit(issue: String, as account: AccountID, fields: JSONValue, now: Timestamp) throws(SimulationError) {
    try changing { world throws(SimulationError) in
      let place = try world.knownPlace(issue, account)
      let values = try world.checked(
        fields, current: world.issues[place].values, project: world.project(of: place), account: account)
      world.apply(values, to: place, by: account, metadata: nil, now: now)
    }
  }

  /// A person comments, in plain text.
  @discardableResult
  package func comment(
    issue: String, as account: AccountID, text: String, isInternal: Bool = false, now: Timestamp
  ) throws(SimulationError) -> CommentID {
    try changing { world throws(SimulationError) in
      let place = try world.knownPlace(issue, account)
      let properties = isInternal ? [JSONMember("sd.public.comment", ["internal": true])] : []
      return CommentID(
        world.insertComment(
          DocumentRules.document(text), on: place, by: account, properties: properties, now: now))
    }
  }

  /// A person rewrites a comment.
  package func editComment(
    _ id: CommentID, issue: String, as account: AccountID, text: String, now: Timestamp
  ) throws(SimulationError) {
    try editComment(id, issue: issue, as: account, document: DocumentRules.document(text), now: now)
  }

  package func editComment(
    _ id: CommentID, issue: String, as account: AccountID, document: JSONValue, now: Timestamp
  ) throws(SimulationError) {
    try changing { world throws(SimulationError) in
      let (place, index) = try world.knownComment(id, issue, account)
      let before = world.issues[place].comments[index]
      world.issues[place].comments[index].body = document
      world.issues[place].comments[index].updated = now
      world.issues[place].comments[index].updateAuthor = account
      world.touch(place, now: now)
      world.noteEdit(of: before, on: place, index, by: account, now: now)
    }
  }

  /// The document of a comment; nil where there is no such comment.
  package func document(ofComment id: CommentID) -> JSONValue? {
    world.withLock { $0.issues.lazy.flatMap(\.comments).first { $0.id == id.rawValue }?.body }
  }

  /// A person deletes a comment.
  package func deleteComment(
    _ id: CommentID, issue: String, as account: AccountID, now: Timestamp
  ) throws(SimulationError) {
    try changing { world throws(SimulationError) in
      let (place, index) = try world.knownComment(id, issue, account)
      world.removeComment(index, of: place, by: account, now: now)
    }
  }

  /// A person attaches a file.
  @discardableResult
  package func attach(
    to issue: String, as account: AccountID, name: String, type: String = "text/plain", content: [UInt8],
    now: Timestamp
  ) throws(SimulationError) -> AttachmentID {
    try changing { world throws(SimulationError) in
      let place = try world.knownPlace(issue, account)
      world.lastAttachmentID += 1
      let file = SimulatedAttachment(
        id: String(world.lastAttachmentID), name: name, type: type, size: content.count,
        digest: Self.digest(of: content), author: account, created: now, content: content)
      world.insert([file], on: place, by: account, now: now)
      return AttachmentID(file.id)
    }
  }

  /// A person moves an issue to a status, by the transition that leads there.
  package func transition(
    issue: String, as account: AccountID, to status: String, resolution: String? = nil, now: Timestamp
  ) throws(SimulationError) {
    try changing { world throws(SimulationError) in
      let place = try world.knownPlace(issue, account)
      let from = world.issues[place].status
      let workflow = world.project(of: place).workflow
      guard let way = workflow.transitions(from: from).first(where: { $0.to == status }) else {
        throw SimulationError("No transition leads from \(from) to \(status).")
      }
      world.take(way, on: place, resolution: resolution, by: account, metadata: nil, now: now)
    }
  }

  /// Moves an issue to another project: its key changes, its id stays.
  package func move(issue: String, to project: String, as account: AccountID, now: Timestamp) throws(SimulationError) {
    try changing { world throws(SimulationError) in
      let place = try world.knownPlace(issue, account)
      world.move(place, to: try world.knownProject(project), by: account, now: now)
    }
  }

  /// A person deletes an issue; it is gone for good.
  package func delete(issue: String, as account: AccountID, now: Timestamp) throws(SimulationError) {
    try changing { world throws(SimulationError) in
      let place = try world.knownPlace(issue, account)
      world.delete(place, now: now)
    }
  }
}

extension JiraWorld {
  fileprivate func knownProject(_ key: String) throws(SimulationError) -> SimulatedProject {
    guard let project = configuration.project(key) else { throw SimulationError("There is no project \(key).") }
    return project
  }

  fileprivate func knownPlace(_ issue: String, _ account: AccountID) throws(SimulationError) -> Int {
    guard configuration.account(account) != nil else { throw SimulationError("There is no account \(account).") }
    guard let place = place(of: issue) else { throw SimulationError("There is no issue \(issue).") }
    return place
  }

  fileprivate func knownComment(
    _ id: CommentID, _ issue: String, _ account: AccountID
  ) throws(SimulationError) -> (Int, Int) {
    let place = try knownPlace(issue, account)
    guard let index = issues[place].comments.firstIndex(where: { $0.id == id.rawValue }) else {
      throw SimulationError("There is no comment \(id) on \(issue).")
    }
    return (place, index)
  }

  /// Fields that a person gave, checked as the site's interface checks them; people may type a description as text.
  fileprivate func checked(
    _ fields: JSONValue, current: [String: JSONValue], project: SimulatedProject, account: AccountID
  ) throws(SimulationError) -> [String: JSONValue] {
    guard configuration.account(account) != nil else { throw SimulationError("There is no account \(account).") }
    let given = (fields.members ?? []).map { member in
      guard field(member.key)?.kind == .richText, let text = member.value.string else { return member }
      return JSONMember(member.key, DocumentRules.document(text))
    }
    do throws(Refusal) {
      return try check(given, update: nil, current: current, project: project, account: account)
    } catch { throw SimulationError(String(decoding: error.response.body, as: UTF8.self)) }
  }
}
