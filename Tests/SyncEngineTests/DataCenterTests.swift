import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing
import Wire

/// A Jira Data Center: REST v2, wiki markup, its own search and OAuth provider, personal access tokens.
@Suite("Jira Data Center")
struct DataCenterTests {
  private static let mapping = World.mapping(
    [
      (
        #"<field jira="description" crm="description" as="plain"/>"#,
        #"<field jira="description" crm="description" as="html" sync="both" on-conflict="jira"/>"#
      ),
      (#"<comments sync="both"/>"#, #"<comments sync="both" edits="both" deletions="both"/>"#),
    ], adding: #"<attachments sync="both" max-size="1KB"/>"#)

  private func world(mapping: String = mapping) throws -> World {
    try World(mapping: mapping, site: World.dataCenter) { $0.isDataCenter = true }
  }

  private func connected(mapping: String = mapping) async throws -> World {
    let world = try world(mapping: mapping)
    try await world.connectAll()
    return world
  }

  @Test("The two-user story comes out as it does with Jira Cloud, with OAuth and with a personal access token")
  func story() async throws {
    let world = try world()
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R"])
    #expect(world.caseState(id)?["jira_key"]?.string == "SUP-1")
    _ = try world.crm.comment(on: id, as: "8", text: "Customer called again", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == [])

    guard case .enter(let form, let browser) = try await world.startConnecting(World.mark) else {
      Issue.record("no form")
      return
    }
    #expect((form.kind, form.authorizeURL != nil) == (.personalAccessToken, true))
    let token = world.jira.makeToken(for: "acc-mark")
    guard case .confirm(let asked) = await world.enter(token, email: "", form, browser) else {
      Issue.record("nothing to confirm")
      return
    }
    #expect(asked.accountName == "Mark M")
    _ = await world.connect.confirm(state: asked.state, browser: browser, now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Customer called again"])

    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "Done", now: world.clock.now)
    _ = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Fixed in 4.2", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["status"]?.string == "Closed")
    let comments = world.caseState(id)?["comments"]?.array ?? []
    #expect(comments.count == 2)
    #expect(comments.last?["body"]?.string?.contains("Fixed in 4.2") == true)
    #expect(comments.last?["body"]?.string?.contains("Dana Developer") == true)
    try await world.expectQuiet()
  }

  @Test(
    "A rich text is wiki markup there, is agreed on as it is read back, and what a person changes comes back",
    arguments: [
      "<p>One <b>bold</b> word</p>", "<h2>Steps</h2><ol><li>Open</li><li>Fail<ul><li>twice</li></ul></li></ol>",
      "<p>A [bracket], a {brace}, 2*3*4 and c:\\temp_x_y</p>", "<table><tr><th>A</th></tr><tr><td>1</td></tr></table>",
      "<pre>let a = [~nobody]\nif (x) { y }</pre>", "<p>one<br>two &nbsp; three</p><hr><blockquote>said</blockquote>",
      #"<p><a href="https://example.com/a_b?c=d">link</a> and <span style="color:#ff0000">red</span></p>"#,
    ])
  func richText(_ html: String) async throws {
    let world = try await connected()
    let id = try await world.openCase(description: html)
    try await world.expectQuiet()
    #expect(world.caseState(id)?["description"]?.string == html)
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["description": "What is *now* in Jira"], now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["description"]?.string?.contains("now") == true)
    try await world.expectQuiet()
  }

  @Test("Comments are changed and deleted in both directions, and none comes back")
  func comments() async throws {
    let world = try await connected()
    let id = try await world.openCase()
    let ours = try world.crm.comment(on: id, as: "8", text: "A [comment] *of* ours", now: world.clock.now)
    try await world.settle()
    let theirs = try world.jira.comment(
      issue: "SUP-1", as: "acc-dev", text: "Theirs, {code} and all", now: world.clock.now)
    try await world.settle()
    try await world.expectQuiet()
    try world.crm.editComment(ours, on: id, as: "8", text: "Ours, changed", now: world.clock.now)
    try world.jira.editComment(
      theirs, issue: "SUP-1", as: "acc-dev", text: "Theirs, changed", now: world.clock.now)
    try await world.settle()
    try await world.expectQuiet()
    #expect(world.comments(world.issues[0]) == ["Mark M: Ours, changed", "Dana Developer: Theirs, changed"])
    #expect(world.caseComments(id).last?.contains("Theirs, changed") == true)
    try world.jira.deleteComment(theirs, issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    try world.crm.deleteComment(ours, on: id, as: "8", now: world.clock.now)
    try await world.settle()
    try await world.expectQuiet()
    #expect(world.comments(world.issues[0]) == [])
    #expect(world.caseComments(id) == [])
  }

  @Test("A comment that Jira hides from customers is not shown to them in the CRM")
  func internalComment() async throws {
    let world = try await connected()
    let id = try await world.openCase()
    try world.jira.comment(
      issue: "SUP-1", as: "acc-dev", text: "Between us", isInternal: true, now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    let comments = world.caseState(id)?["comments"]?.array ?? []
    #expect(comments.allSatisfy { $0["public"]?.bool == false })
  }

  @Test("People are user names there, in both directions")
  func people() async throws {
    let world = try await connected(
      mapping: World.mapping(adding: #"<field jira="assignee" crm="opened_by" as="user"/>"#))
    try await world.openCase()
    #expect(world.issues[0]["fields"]?["assignee"]?.text == "acc-rohit")
    #expect(try await world.store.grant(connection: World.connection, user: "7")?.account == "acc-rohit")
    try await world.expectQuiet()
  }

  @Test("Files go over in both directions, once")
  func files() async throws {
    let world = try await connected()
    let id = try await world.openCase()
    try world.crm.attach(to: id, as: "8", name: "log.txt", content: [1, 2], now: world.clock.now)
    try world.jira.attach(to: "SUP-1", as: "acc-dev", name: "a b?.txt", content: [3, 4, 5], now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.issues[0]["attachments"]?.array?.count == 2)
    #expect(world.caseState(id)?["attachments"]?.array?.count == 2)
    #expect(world.crm.content(of: "902", on: id) == [3, 4, 5] || world.crm.content(of: "901", on: id) == [3, 4, 5])
    try await world.expectQuiet()
  }

  @Test(
    "What happened although its answer was lost is found, and not done twice",
    arguments: ["/issue", "/comment", "/transitions", "/issue/10001"])
  func lostAnswers(_ suffix: String) async throws {
    let world = try await connected()
    let method = suffix == "/issue/10001" ? "PUT" : "POST"
    if suffix == "/issue" { world.jira.arm(ArmedFault(.lostAfterApply, method: method, pathSuffix: suffix)) }
    let id = try await world.openCase()
    try await world.settle(for: .seconds(60))
    if suffix != "/issue" { world.jira.arm(ArmedFault(.lostAfterApply, method: method, pathSuffix: suffix)) }
    _ = try world.crm.comment(on: id, as: "8", text: "Once", now: world.clock.now)
    try world.crm.edit(id, as: "7", fields: [("priority", "P1"), ("status", "Working")], now: world.clock.now)
    try await world.settle(for: .seconds(120))
    #expect(world.issues.count == 1)
    #expect(world.comments(world.issues[0]) == ["Mark M: Once"])
    #expect((world.field("priority"), world.status()) == ("Highest", "In Progress"))
    try await world.expectQuiet()
  }

  @Test("The code goes only to the browser that began, since nobody else can prove it")
  func codeProof() async throws {
    let world = try world()
    guard case .enter(let form, let browser) = try await world.startConnecting(World.rohit) else {
      Issue.record("no form")
      return
    }
    let url = try #require(form.authorizeURL)
    #expect(url.contains("code_challenge_method=S256") && !url.contains("audience"))
    #expect(!url.contains(browser.reveal()))
    // A code that was given to another challenge.
    let other = try await world.startConnecting(World.mark)
    guard case .enter(let otherForm, _) = other, let otherURL = otherForm.authorizeURL else {
      Issue.record("no form")
      return
    }
    let code = try world.consent(at: otherURL, as: "acc-mark")
    let answer = await world.connect.callback(
      state: form.state, code: Secret(code), isDenied: false, browser: browser, now: world.clock.now)
    #expect(answer == .problem(.codeRefused))
    #expect(try await world.store.grants().isEmpty)
  }

  @Test("Tokens of its OAuth are refreshed with the callback's address, and each refresh token is used once")
  func refresh() async throws {
    let world = try await connected()
    for _ in 0..<3 {
      world.clock.advance(by: .seconds(3700))
      _ = try world.crm.openCase(as: "7", subject: "Another", now: world.clock.now)
      try await world.settle()
    }
    #expect(world.issues.count == 3)
    let grant = try #require(try await world.store.grant(connection: World.connection, user: "7"))
    #expect((grant.state, grant.generation) == (.active, 4))
  }

  @Test("A refresh token that Jira no longer takes ends the connection; a wrong client secret does not")
  func endOfRefresh() async throws {
    let world = try await connected()
    world.jira.revokeGrants(of: "acc-rohit")
    world.clock.advance(by: .seconds(3700))
    try await world.openCase()
    #expect(try await world.store.grant(connection: World.connection, user: "7")?.state == .lapsed)
    var installation = world.services.live.current
    installation.clientSecrets["sandbox"] = Secret("wrong")
    world.services.live.replace(with: installation)
    world.clock.advance(by: .seconds(3700))
    _ = try world.crm.openCase(as: "8", subject: "Mark's", now: world.clock.now)
    try await world.settle()
    #expect(try await world.store.grant(connection: World.connection, user: "8")?.state == .active)
    #expect(world.issues.isEmpty)
  }
}
