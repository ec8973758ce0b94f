import JSON
import MappingLanguage
import Outbound
import ServiceLifecycle
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Wire

/// The two-user story of semantics.md, played over real HTTP between Counterpart, a Jira and a CRM.
///
/// Every step first looks whether it has happened, so a story that was killed goes on where it was; and the end holds
/// the whole against what must be true, whatever happened on the way.
struct Story {
  let sandbox: RunningSandbox
  private let subject = "Checkout page shows error 500"
  private let question = "The customer called again: it also fails on the phone."
  private let reply = "Fixed in 4.2.1, please try again."

  func play() async throws {
    try await say("The service account connects; the reconciler reads with it") {
      try await connectIfNeeded(SandboxWorld.service, as: SandboxWorld.serviceAccount)
    }
    try await say("Rohit connects") {
      try await connectIfNeeded(SandboxWorld.rohit, as: SandboxWorld.rohitAccount)
    }
    try await say("Rohit opens a case in the CRM") { try await openCase() }
    try await say("An issue appears in Jira, created by Rohit") {
      try await eventually("one issue, created by Rohit") {
        let issue = try await issues().first
        return issue?["creator"]?["name"]?.string == "Rohit"
      }
    }
    try await say("Mark, who has not connected, comments on the case; the comment is held") { try await markComments() }
    try await say("Mark follows the connect link in his CRM and approves at Atlassian as Mark") {
      try await markConnects()
    }
    try await say("His comment appears on Rohit's issue, by Mark") {
      try await eventually("one comment, by Mark") {
        comments(of: try await issues().first).contains("Mark: " + question)
      }
    }
    try await say("A developer moves the issue to Done and replies in Jira") { try await developerActs() }
    try await say("At the next run the case is closed, and the reply stands there under the developer's name") {
      try await runUntil("the case is closed and holds the developer's reply") { try await caseIsClosed() }
    }
    try await say("Nothing was posted twice") { try await holdAgainstPromise() }
    try await say("A further run writes nothing") { try await runWritesNothing() }
  }

  /// The sandbox without the story: two of its people are connected, Mark is not.
  func prepare() async throws {
    try await connectIfNeeded(SandboxWorld.service, as: SandboxWorld.serviceAccount)
    try await connectIfNeeded(SandboxWorld.rohit, as: SandboxWorld.rohitAccount)
  }

  // MARK: - What people do

  private func connectIfNeeded(_ user: CRMUser, as account: AccountID) async throws {
    if try await isConnected(user) { return }
    try await sandbox.browser.connect(try await connectLink(of: user), as: account)
    guard try await isConnected(user) else { throw CommandError("\(user.name ?? "") is not connected") }
  }

  private func openCase() async throws {
    if try await supportCase() == nil {
      try await control(
        sandbox.folder.crmURL + "/simulated/cases",
        [
          "user": .string(SandboxWorld.rohit.id.rawValue), "subject": .string(subject),
          "description": "A customer cannot pay.", "priority": "P2",
        ])
    }
  }

  private func markComments() async throws {
    guard let id = try await supportCase()?["id"]?.text else { throw CommandError("the case is gone") }
    let body = question
    if try await caseComments().contains(where: { $0["body"]?.string == body }) == false {
      try await control(
        sandbox.folder.crmURL + "/simulated/cases/\(id)/comment",
        ["user": .string(SandboxWorld.mark.id.rawValue), "body": .string(body), "public": "true"])
    }
    if try await isConnected(SandboxWorld.mark) { return }
    try await eventually("Mark's comment is held, and nothing of it is in Jira") {
      let held = try await sandbox.composition.store.operations(
        in: [.held], user: SandboxWorld.mark.id, connection: SandboxWorld.connection, limit: 10)
      let inJira = comments(of: try await issues().first)
      return held.count == 1 && inJira.isEmpty
    }
  }

  private func markConnects() async throws {
    if try await isConnected(SandboxWorld.mark) { return }
    guard let id = try await supportCase()?["id"]?.text else { throw CommandError("the case is gone") }
    let page = try await sandbox.transport.send(
      WireRequest(.get, sandbox.folder.crmURL + "/cases/\(id)?user=\(SandboxWorld.mark.id)"))
    guard String(decoding: page.body, as: UTF8.self).contains("/connect/\(SandboxWorld.connection)?user=mark") else {
      throw CommandError("Mark's CRM does not show him a connect link")
    }
    try await connectIfNeeded(SandboxWorld.mark, as: SandboxWorld.markAccount)
  }

  private func developerActs() async throws {
    guard let issue = try await issues().first, let key = issue["key"]?.string else {
      throw CommandError("the issue is gone")
    }
    let address = sandbox.folder.jiraURL + "/simulated/issues/\(key)"
    let account = JSONValue.string(SandboxWorld.developerAccount.rawValue)
    for status in ["In Progress", "Done"] {
      let now = try await issues().first?["status"]?.string
      if now == "Done" || now == status { continue }
      try await control(address + "/transition", ["account": account, "value": .string(status)])
    }
    if !comments(of: try await issues().first).contains("\(SandboxWorld.developerName): " + reply) {
      try await control(address + "/comment", ["account": account, "value": .string(reply)])
    }
  }

  // MARK: - What must be true

  private func caseIsClosed() async throws -> Bool {
    let isReplied = try await caseComments().contains { comment in
      let body = comment["body"]?.string ?? ""
      return body.contains(reply) && body.contains(SandboxWorld.developerName)
    }
    return try await supportCase()?["status"]?.string == "Closed" && isReplied
  }

  private func holdAgainstPromise() async throws {
    let issues = try await issues()
    guard issues.count == 1 else { throw CommandError("there are \(issues.count) issues instead of one") }
    let inJira = comments(of: issues.first)
    let expected = ["Mark: " + question, "\(SandboxWorld.developerName): " + reply]
    guard inJira == expected else {
      throw CommandError("the issue has \(inJira.count) comments that are not the two expected")
    }
    let inCRM = try await caseComments()
    guard inCRM.count == 2 else { throw CommandError("the case has \(inCRM.count) comments instead of two") }
    guard try await supportCase()?["jira_key"]?.string == issues[0]["key"]?.string else {
      throw CommandError("the case does not name its issue")
    }
  }

  private func runWritesNothing() async throws {
    try await eventually("everything under way is done") {
      let unfinished = try await sandbox.composition.store.unfinished(SandboxWorld.connection)
      let pending = try await sandbox.composition.store.counts().pendingEvents
      return unfinished + pending + sandbox.crm.waitingDeliveries == 0
    }
    let before = (sandbox.jira.state, sandbox.crm.state)
    let report = try await sandbox.reconcile()
    guard report.end == .finished, report.planned == 0, report.deferred == 0 else {
      throw CommandError("the further run planned \(report.planned) writes (\(report.end.words))")
    }
    guard sandbox.jira.state == before.0, sandbox.crm.state == before.1 else {
      throw CommandError("the further run changed something")
    }
    try await holdAgainstPromise()
  }

  // MARK: - Looking, over HTTP

  private func issues() async throws -> [JSONValue] {
    try await get(sandbox.folder.jiraURL + "/simulated/state")["issues"]?.array ?? []
  }

  private func comments(of issue: JSONValue?) -> [String] {
    (issue?["comments"]?.array ?? []).map { "\($0["author"]?["name"]?.string ?? "?"): \($0["text"]?.string ?? "")" }
  }

  private func supportCase() async throws -> JSONValue? {
    try await get(sandbox.folder.crmURL + "/simulated/state")["cases"]?.array?.first {
      $0["subject"]?.string == subject
    }
  }

  private func caseComments() async throws -> [JSONValue] { try await supportCase()?["comments"]?.array ?? [] }

  private func connectLink(of user: CRMUser) async throws -> String {
    let links = try await get(sandbox.folder.crmURL + "/simulated/links")
    guard let link = links[user.id.rawValue]?.string else { throw CommandError("the CRM makes no link for \(user.id)") }
    return link
  }

  private func isConnected(_ user: CRMUser) async throws -> Bool {
    try await sandbox.composition.store.grant(connection: SandboxWorld.connection, user: user.id)?.state == .active
  }

  private func get(_ url: String) async throws -> JSONValue {
    let response = try await sandbox.transport.send(WireRequest(.get, url))
    guard response.status == 200 else { throw CommandError("a simulated system answered \(response.status)") }
    return try JSONReader.read(response.body)
  }

  private func control(_ url: String, _ body: JSONValue) async throws {
    let request = WireRequest(
      .post, url, headers: [WireHeader("Content-Type", "application/json")], body: body.utf8)
    let response = try await sandbox.transport.send(request)
    guard (200..<300).contains(response.status) else {
      throw CommandError("a simulated system refused a step (\(response.status))")
    }
  }

  // MARK: - Telling and waiting

  private func say(_ sentence: String, _ step: () async throws -> Void) async throws {
    let start = SystemClock.now
    do { try await step() } catch {
      Terminal.say("✘ \(sentence)")
      throw error
    }
    Terminal.say("✔ \(sentence)  (\((SystemClock.now - start).milliseconds) ms)")
  }

  private func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let end = SystemClock.now + .seconds(30)
    while SystemClock.now < end {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(25))
    }
    throw CommandError("this did not come true within 30 seconds: \(what)")
  }

  /// Runs a reconciliation now and then until something is true: the search shows changes only after its lag.
  private func runUntil(_ what: String, _ condition: () async throws -> Bool) async throws {
    let end = SystemClock.now + .seconds(40)
    while SystemClock.now < end {
      let report = try await sandbox.reconcile()
      if case .stopped(let reason) = report.end { throw CommandError("a run stopped: \(reason)") }
      for _ in 0..<20 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(25))
      }
    }
    throw CommandError("this did not come true within 40 seconds: \(what)")
  }
}
