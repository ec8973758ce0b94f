import JSON
import MappingLanguage
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// `look-up-people="yes"`: people whom neither a grant nor the table names, found by their e-mail addresses.
///
/// The help desk's description holds who a case is assigned to, by the CRM's id.
@Suite("People are looked up by their e-mail addresses")
struct PeopleLookUpTests {
  private static let dana = CRMUser(id: "9", name: "Dana of the CRM", email: "Dana@example.com")

  /// Everybody of the story is connected but Dana, whose account is `acc-dev`.
  private func world(
    _ attributes: String = #"look-up-people="yes""#, mapping: String = PeopleBothWaysTests.mapping,
    isDataCenter: Bool = false, others: [String] = [], connects: Bool = true,
    dana: CRMUser = Self.dana, adjust: (inout SimulatedJiraConfiguration) -> Void = { _ in },
    adjustCRM: (inout SimulatedCRMConfiguration) -> Void = { _ in }
  ) async throws -> World {
    let world = try World(
      mapping: mapping, others: others, connection: attributes, site: isDataCenter ? World.dataCenter : World.site,
      adjust: {
        $0.isDataCenter = isDataCenter
        adjust(&$0)
      },
      adjustCRM: {
        $0.users.append(dana)
        adjustCRM(&$0)
      })
    if connects { try await world.connectAll() }
    return world
  }

  private func searches(_ world: World) -> Int {
    world.jira.log.count { $0.template.hasSuffix("/user/search") }
  }

  // MARK: - To Jira

  @Test(
    "A CRM user becomes the one active account that shows their address, whatever its letters' case",
    arguments: [false, true])
  func toJira(isDataCenter: Bool) async throws {
    let world = try await world(isDataCenter: isDataCenter)
    let id = try await world.openCase(description: "9")
    #expect(world.assignee == "acc-dev")
    #expect(world.issues[0]["creator"]?["name"]?.string == "Rohit R")
    try await world.assign(id, to: "8")
    #expect(world.assignee == "acc-mark")
  }

  @Test("Without look-up-people nobody is asked anything")
  func off() async throws {
    let world = try await world("")
    let id = try await world.openCase(description: "9")
    #expect(world.assignee == nil)
    #expect(searches(world) == 0)
    #expect(try await world.lines(id).contains { $0.contains("is not known") })
  }

  @Test(
    "Nobody is guessed: a hidden address, two accounts, an account or a user who has left, a name that looks like the address",
    arguments: [
      ("it may be hidden", "hidden"), ("several accounts", "two"), ("no active account", "left"),
      ("not active in the CRM", "user left"), ("it may be hidden", "name"), ("no e-mail address", "no address"),
      ("it may be hidden", "longer"),
    ])
  func nobody(reason: String, how: String) async throws {
    var dana = Self.dana
    if how == "no address" { dana.email = nil }
    let world = try await world(dana: dana) { site in
      let place = site.accounts.firstIndex { $0.id == "acc-dev" } ?? 0
      switch how {
      case "hidden": site.accounts[place].showsEmail = false
      case "two": site.accounts.append(SimulatedAccount(id: "acc-dana", name: "Dana", email: "dana@example.com"))
      case "left": site.accounts[place].isActive = false
      case "name":
        site.accounts[place].email = "other@example.com"
        site.accounts[place].name = "dana@example.com"
        site.accounts[place].showsEmail = false
      case "longer":
        site.accounts[place].email = "dana@example.com.test"
        site.accounts[place].showsEmail = false
      default: break
      }
    } adjustCRM: {
      if how == "user left" { $0.inactive = ["9"] }
    }
    let id = try await world.openCase(description: "8")
    try await world.assign(id, to: "9")
    // Jira's value is left alone, and never cleared.
    #expect(world.assignee == "acc-mark")
    #expect(try await world.lines(id).contains { $0.contains(reason) })
    #expect(try await world.store.counts().pendingEvents == 0)
  }

  @Test("A grant is believed before a look-up, and so is the table")
  func ranks() async throws {
    let table = #"<people xmlns="urn:counterpart:people:1" crm="acme"><person crm="9" account="acc-mark"/></people>"#
    let world = try await world(others: [table])
    _ = try await world.openCase(description: "9")
    // Of the account, a grant says that it is Mark's; the line counts no more, and Dana is looked up.
    #expect(world.assignee == "acc-dev")
    try await world.connect(Self.dana, as: "acc-rohit")
    _ = try await world.openCase(description: "9")
    #expect(world.issues.last?["fields"]?["assignee"]?.text == "acc-rohit")
  }

  @Test(
    "An account with their address that is somebody else's by a grant, or was closed, stays so, and nothing waits for it"
  )
  func taken() async throws {
    let world = try await world(dana: CRMUser(id: "9", name: "Dana", email: "mark@example.com"))
    let id = try await world.openCase(description: "9")
    #expect(world.assignee == nil)
    #expect(try await world.lines(id).contains { $0.contains("is known otherwise") })
    #expect(try await world.store.counts().pendingEvents == 0)
    // Who was found, and whose account another user connects later, is not looked up again for that.
    let other = try await self.world()
    try await other.openCase(description: "9")
    try await other.connect(CRMUser(id: "10", name: "Dan", email: "dana@example.com"), as: "acc-dev")
    try await other.openCase(description: "9")
    #expect(other.issues.last?["fields"]?["assignee"]?.text == nil)
    #expect(try await other.store.counts().pendingEvents == 0)
    #expect(searches(other) == 1)
  }

  @Test("When Atlassian closes the account of who was found, that is forgotten, and found no more")
  func closed() async throws {
    let world = try await world()
    try await world.openCase(description: "9")
    let places = try #require(AccountReports.places(world.services.live.current.mappings).first)
    #expect(try await world.store.accounts(in: places, now: world.clock.now).contains { $0.account == "acc-dev" })
    _ = try await world.store.erase("acc-dev", in: places, now: world.clock.now)
    #expect(try await !world.store.everything().joined().contains("acc-dev"))
    let id = try await world.openCase(description: "9")
    #expect(world.issues.last?["fields"]?["assignee"]?.text == nil)
    #expect(try await world.lines(id).contains { $0.contains("was closed") })
    #expect(try await world.store.counts().pendingEvents == 0)
    #expect(try await !world.store.everything().joined().contains("acc-dev"))
  }

  @Test("Who was found writes nothing under that account: their own changes wait for their grant")
  func writesNothing() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "9")
    try world.crm.comment(on: id, as: "9", text: "Mine", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == [])
    #expect(try await world.store.operations(in: [.held], limit: 9).map(\.kind) == [.addComment])
  }

  @Test("Who was found is looked up again after a month, and stays known meanwhile; who was not, at need after a day")
  func remembered() async throws {
    let world = try await world()
    for _ in 0..<2 { try await world.openCase(description: "9") }
    #expect(searches(world) == 1)
    let id = try await world.openCase(description: "77")
    try await world.assign(id, to: "8")
    try await world.assign(id, to: "77")
    #expect(world.crm.log.count { $0.template.contains("users") } == 2)
    world.clock.advance(by: .seconds(25 * 3600))
    try await world.assign(id, to: "8")
    try await world.assign(id, to: "77")
    #expect(world.crm.log.count { $0.template.contains("users") } == 3)
    world.crm.arm(ArmedFault(.unavailable, method: "GET", pathSuffix: "/api/users/9", times: 1000))
    world.clock.advance(by: .seconds(30 * 86_400))
    try await world.openCase(description: "9")
    #expect(world.issues.last?["fields"]?["assignee"]?.text == "acc-dev")
  }

  @Test(
    "While the CRM or Jira cannot answer the event waits, and the later ones of its case with it; others go on",
    arguments: ["GET", "SEARCH"])
  func waits(side: String) async throws {
    let world = try await world()
    let first = ArmedFault(
      .unavailable, method: "GET", pathSuffix: side == "GET" ? "/api/users/9" : "/user/search", times: 3)
    if side == "GET" { world.crm.arm(first) } else { world.jira.arm(first) }
    let id = try world.crm.openCase(
      as: "7", subject: "Waits", description: "9", priority: "P2", now: world.clock.now)
    try world.crm.comment(on: id, as: "8", text: "Behind it", now: world.clock.now)
    try world.crm.openCase(as: "8", subject: "Goes on", description: "7", priority: "P2", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    try await world.engine.drain()
    #expect(world.issues.compactMap { $0["fields"]?["summary"]?.string } == ["[1002] Goes on"])
    let waiting = try await world.store.events(limit: 9).filter { $0.state == "pending" }
    #expect(waiting.count == 2)
    #expect(waiting.contains { $0.reason?.contains("who somebody whom it names is in Jira") == true })
    try await world.settle(for: .seconds(60))
    let issue = try #require(world.issues.first { $0["fields"]?["summary"]?.string == "[1001] Waits" })
    #expect(issue["fields"]?["assignee"]?.text == "acc-dev")
    #expect(issue["creator"]?["name"]?.string == "Rohit R")
    #expect(world.comments(issue) == ["Mark M: Behind it"])
  }

  @Test("After ten minutes of that the event goes on, the field is left alone, and the story says why")
  func patience() async throws {
    let world = try await world()
    world.crm.arm(ArmedFault(.unavailable, method: "GET", pathSuffix: "/api/users/9", times: 1000))
    let id = try await world.openCase(description: "9")
    #expect(world.issues.isEmpty)
    try await world.settle(for: .seconds(780))
    #expect(world.issues.count == 1)
    #expect(world.assignee == nil)
    #expect(try await world.lines(id).contains { $0.contains("they were looked up: the CRM could not answer") })
  }

  @Test("Where nobody can be looked up the event goes on at once", arguments: ["service", "crm", "jira"])
  func cannot(why: String) async throws {
    let world = try await world(connects: why != "service") { if why == "jira" { $0.browsers = [] } }
    if why == "service" { try await world.connect(World.rohit, as: "acc-rohit") }
    if why == "crm" { world.crm.arm(ArmedFault(.forbidden, method: "GET", pathSuffix: "/api/users/9", times: 1)) }
    let id = try await world.openCase(description: "9")
    #expect(world.issues.count == 1)
    #expect(world.assignee == nil)
    let words = ["service": "has not connected", "crm": "does not permit us", "jira": "no active account"][why] ?? "-"
    #expect(try await world.lines(id).contains { $0.contains(words) })
  }

  @Test(
    "A limit that ends soon is waited for; at one of an hour the event goes on without the person",
    arguments: [20, 3600])
  func limited(seconds: Int64) async throws {
    let world = try await world()
    let limit = Fault.rateLimited(reason: nil, retryAfter: .seconds(seconds))
    world.jira.arm(ArmedFault(limit, method: "GET", pathSuffix: "/user/search", times: 1))
    let id = try await world.openCase(description: "9")
    #expect(world.issues.count == 1)
    #expect(world.assignee == (seconds < 60 ? "acc-dev" : nil))
    if seconds > 60 {
      #expect(try await world.lines(id).contains { $0.contains("Jira limits requests") })
    }
  }

  @Test("A crash while people are looked up loses nothing, and repeats it")
  func crash() async throws {
    let world = try await world()
    try world.crm.openCase(as: "7", subject: "Crash", description: "9", priority: "P2", now: world.clock.now)
    try await world.plan()
    #expect(try await world.store.counts().peopleToLookUp == 1)
    let engine = try await world.restarted()
    try await engine.drain()
    #expect(world.assignee == "acc-dev")
    #expect(try await world.store.counts().peopleToLookUp == 0)
  }

  @Test("A mention of somebody who is looked up notifies them")
  func mention() async throws {
    let world = try await world()
    try world.mention(
      #"<mention before="@[" after="]"/>"#, mapping: PeopleBothWaysTests.mapping, connection: #"look-up-people="yes""#)
    let id = try await world.openCase(description: "8")
    try world.crm.comment(on: id, as: "7", text: "Ask @[9]", now: world.clock.now)
    try await world.settle()
    let comment = CommentID(try #require(world.issues[0]["comments"]?[0]?["id"]?.text))
    #expect(world.jira.document(ofComment: comment)?.compact.contains(#""id":"acc-dev""#) == true)
  }

  @Test("Of the many words of a text that look like mentions no more than ten are looked up")
  func manyMentions() async throws {
    let world = try await world()
    try world.mention(
      #"<mention before="@"/>"#, mapping: PeopleBothWaysTests.mapping, connection: #"look-up-people="yes""#)
    let id = try await world.openCase(description: "8")
    let words = (100..<150).map { "@word\($0)" }.joined(separator: " ")
    try world.crm.comment(on: id, as: "7", text: words, now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Rohit R: \(words)"])
    #expect(world.crm.log.count { $0.template.contains("users") } == 10)
  }

  // MARK: - To the CRM

  @Test("An account becomes the one active CRM user with its address", arguments: [false, true])
  func toCRM(isDataCenter: Bool) async throws {
    let world = try await world(isDataCenter: isDataCenter)
    let id = try await world.openCase(description: "8")
    try await world.assignIssue(["accountId": "acc-dev"])
    #expect(world.caseState(id)?["description"]?.string == "9")
    let key = try #require(world.issues.first?["key"]?.string)
    try world.jira.comment(issue: key, as: "acc-dev", text: "Looking", now: world.clock.now)
    world.clock.advance(by: .seconds(10))
    _ = try await world.reconcile()
    #expect(world.caseComments(id).contains { $0.contains("Dana of the CRM") })
  }

  @Test(
    "An account that hides its address, or whose address several users have, leaves the case's user alone",
    arguments: [
      ("does not show the service user", "hidden"), ("several CRM users", "two"), ("no active CRM user", "left"),
    ])
  func nobodyInCRM(reason: String, how: String) async throws {
    let world = try await world {
      if how == "hidden" { $0.accounts[3].showsEmail = false }
    } adjustCRM: {
      if how == "two" { $0.users.append(CRMUser(id: "10", name: "Dana too", email: "dana@example.com")) }
      if how == "left" { $0.inactive = ["9"] }
    }
    let id = try await world.openCase(description: "8")
    try await world.assignIssue(["accountId": "acc-dev"])
    #expect(world.caseState(id)?["description"]?.string == "8")
    #expect(try await world.lines(id).contains { $0.contains(reason) })
  }

  @Test("While the CRM cannot answer, a change of a person is left to the next run, and not lost")
  func laterRun() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "8")
    world.crm.arm(ArmedFault(.unavailable, method: "GET", pathSuffix: "/api/users", times: 1))
    try await world.assignIssue(["accountId": "acc-dev"])
    #expect(world.caseState(id)?["description"]?.string == "8")
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["description"]?.string == "9")
  }

  // MARK: - What is kept

  @Test(
    "No e-mail address of a look-up is in the database; who was found is in a person's report, and goes with a purge")
  func stored() async throws {
    let world = try await world()
    _ = try await world.openCase(description: "9")
    let everything = try await world.store.everything().joined()
    #expect(everything.contains("acc-dev"))
    #expect(!everything.lowercased().contains("dana@example.com"))
    let records = PersonRecords(store: world.store, mappings: world.services.live.current.mappings)
    for word in ["9", "acc-dev"] {
      let places = try await records.find(word).flatMap(\.places)
      #expect(places.first { $0.kind == .lookUp }?.values["account"] == "acc-dev")
    }
    var random = SeededRandom(seed: 1)
    let purge = try await records.purge("9", in: World.connection, now: world.clock.now, using: &random)
    #expect(purge.erased.lookUps == 1)
    #expect(!purge.left.places.contains { $0.kind == .lookUp })
  }

  @Test("That nobody was found is in a report, and is forgotten when it is no longer believed")
  func doubts() async throws {
    let world = try await world { $0.accounts[3].showsEmail = false }
    let id = try await world.openCase(description: "9")
    try await world.assign(id, to: "8")
    try await world.assignIssue(["accountId": "acc-dev"])
    let records = PersonRecords(store: world.store, mappings: world.services.live.current.mappings)
    for word in ["9", "acc-dev"] {
      #expect(try await records.find(word).flatMap(\.places).contains { $0.kind == .lookUp })
    }
    world.clock.advance(by: .seconds(25 * 3600))
    try await world.engine.reportAccounts()
    for word in ["9", "acc-dev"] {
      #expect(try await !records.find(word).flatMap(\.places).contains { $0.kind == .lookUp })
    }
  }

  @Test("Of several events each goes on when those whom it names were looked up, whoever else is waited for")
  func each() async throws {
    let world = try await world(adjustCRM: { $0.users.append(CRMUser(id: "10", name: "Dan", email: "dan@example.com")) }
    )
    world.crm.arm(ArmedFault(.unavailable, method: "GET", pathSuffix: "/api/users/10", times: 1000))
    for user in ["10", "9", "10"] {
      try world.crm.openCase(as: "7", subject: "For \(user)", description: user, priority: "P2", now: world.clock.now)
    }
    try await world.settle(for: .seconds(5))
    #expect(world.issues.map { $0["fields"]?["assignee"]?.text } == ["acc-dev"])
    #expect(try await world.store.counts().pendingEvents == 2)
  }

  @Test("Two connections with the same CRM user ids look up their own")
  func tenants() async throws {
    let world = try await world()
    _ = try await world.openCase(description: "9")
    #expect(
      try await world.store.people(of: World.connection).completed(with: PeopleSource(), looksUp: true).account(of: "9")
        == "acc-dev")
    #expect(
      try await world.store.people(of: "other").completed(with: PeopleSource(), looksUp: true).account(of: "9") == nil)
  }
}
