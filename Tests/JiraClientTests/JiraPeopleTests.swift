import CustomDump
import JSON
import JiraClient
import MappingLanguage
import Simulation
import SyncCore
import SyncModel
import Testing
import Wire

/// People in Jira, as the simulated site shows them to a person of its own.
@Suite("People in Jira")
struct JiraPeopleTests {
  private static let origin = "https://jira.example.com"
  private static let email = "dana@example.com"

  /// Dana, somebody who is called by her address, somebody whose address begins with hers, and two who hide theirs.
  private static var accounts: [SimulatedAccount] {
    var hidden = SimulatedAccount(id: "acc-hidden", name: "Hidden", email: "hidden@example.com")
    hidden.showsEmail = false
    var inactive = SimulatedAccount(id: "acc-gone", name: "Gone", email: "gone@example.com")
    inactive.isActive = false
    var app = SimulatedAccount(id: "acc-app", name: "App", email: "app@example.com")
    app.kind = .app
    return [
      SimulatedAccount(id: "acc-sync", name: "Sync", email: "sync@example.com"),
      SimulatedAccount(id: "acc-dana", name: "Dana D", email: "Dana@example.com"),
      SimulatedAccount(id: "acc-alias", name: "dana@example.com", email: "alias@example.com"),
      SimulatedAccount(id: "acc-long", name: "Long", email: "dana@example.com.au"), hidden, inactive, app,
    ]
  }

  private static func site(_ kind: JiraSite.Kind) -> SimulatedJira {
    var configuration = SimulatedJiraConfiguration(
      clientID: "client", clientSecret: Secret("hush"), redirectURI: "https://counterpart.example.com/oauth/callback",
      accounts: accounts, projects: [SimulatedProject(key: "SUP", name: "Support")])
    configuration.isDataCenter = kind == .dataCenter
    return SimulatedJira(configuration: configuration)
  }

  private static func system(_ kind: JiraSite.Kind, _ side: FarSide) -> JiraSystem {
    let site = JiraSite(name: "s", kind: kind, url: origin, serviceUser: nil, file: "s.xml")
    let reach = JiraReach(site: site, grant: kind == .cloud ? .apiToken : .personalAccessToken, cloudID: "")
    let network = SimulatedNetwork(routes: [origin: side], clock: { Timestamp(seconds: 1_790_000_000) })
    return JiraSystem(transport: network, reach: reach)
  }

  /// The token of the account that asks.
  private static func token(_ jira: SimulatedJira, _ kind: JiraSite.Kind) -> Secret {
    let token = jira.makeToken(for: "acc-sync")
    return Secret(kind == .cloud ? "sync@example.com:" + token : token)
  }

  static let kinds: [JiraSite.Kind] = [.cloud, .dataCenter]

  @Test("A search shows whoever the address fits, and who only resembles it", arguments: kinds)
  func search(_ kind: JiraSite.Kind) async throws {
    let jira = Self.site(kind)
    let found = await Self.system(kind, .jira(jira)).people(email: Self.email, token: Self.token(jira, kind))
    #expect(
      found
        == .success([
          JiraPerson(
            account: "acc-dana", name: "Dana D", email: "Dana@example.com", isActive: true, isPerson: true),
          JiraPerson(
            account: "acc-alias", name: "dana@example.com", email: "alias@example.com", isActive: true, isPerson: true),
          JiraPerson(
            account: "acc-long", name: "Long", email: "dana@example.com.au", isActive: true, isPerson: true),
        ]))
  }

  @Test("An address that is hidden from who asks is none, also where the search went by it", arguments: kinds)
  func hidden(_ kind: JiraSite.Kind) async throws {
    let jira = Self.site(kind)
    let system = Self.system(kind, .jira(jira))
    let hidden = JiraPerson(account: "acc-hidden", name: "Hidden", email: nil, isActive: true, isPerson: true)
    #expect(await system.people(email: "hidden@example.com", token: Self.token(jira, kind)) == .success([hidden]))
    #expect(await system.person("acc-hidden", token: Self.token(jira, kind)) == .success(hidden))
  }

  @Test("An account is read by its id; one that is not there is nobody", arguments: kinds)
  func person(_ kind: JiraSite.Kind) async throws {
    let jira = Self.site(kind)
    let system = Self.system(kind, .jira(jira))
    let token = Self.token(jira, kind)
    let dana = JiraPerson(
      account: "acc-dana", name: "Dana D", email: "Dana@example.com", isActive: true, isPerson: true)
    #expect(await system.person("acc-dana", token: token) == .success(dana))
    #expect(await system.person("acc-nobody", token: token) == .success(nil))
    jira.close("acc-dana")
    #expect(await system.person("acc-dana", token: token) == .success(nil))
  }

  @Test("Inactive people, and in the cloud apps, are told from active people", arguments: kinds)
  func standing(_ kind: JiraSite.Kind) async throws {
    let jira = Self.site(kind)
    let system = Self.system(kind, .jira(jira))
    let token = Self.token(jira, kind)
    #expect(await system.people(email: "gone@example.com", token: token) == .success([]))
    let gone = try #require(try await system.person("acc-gone", token: token).get())
    #expect((gone.isActive, gone.isPerson) == (false, true))
    let apps = try await system.people(email: "app@example.com", token: token).get()
    #expect(apps.map(\.isPerson) == [kind == .dataCenter])
  }

  @Test("In the cloud, what is not called a person's account is none")
  func accountTypes() async throws {
    for type in ["customer", "unknown", nil] as [String?] {
      var members: [JSONMember] = [JSONMember("accountId", "a"), JSONMember("active", true)]
      if let type { members.append(JSONMember("accountType", .string(type))) }
      let body = JSONValue.array([.object(members)])
      let system = Self.system(.cloud, .server { _ in WireResponse(status: 200, body: body.utf8) })
      #expect((try await system.people(email: Self.email, token: Secret("t:t")).get()).map(\.isPerson) == [false])
    }
  }

  @Test("User names of a Data Center are the same in letters of either case; account ids of the cloud are not")
  func letters() async throws {
    for kind in Self.kinds {
      let jira = Self.site(kind)
      let found = await Self.system(kind, .jira(jira)).person("ACC-Dana", token: Self.token(jira, kind))
      #expect((try found.get())?.account == (kind == .dataCenter ? "acc-dana" : nil))
    }
  }

  @Test("Without the permission to browse users a search finds nobody; in the cloud an account is refused")
  func permission() async throws {
    for kind in Self.kinds {
      let jira = Self.site(kind)
      jira.setBrowsesUsers(false, of: "acc-sync")
      let system = Self.system(kind, .jira(jira))
      let token = Self.token(jira, kind)
      #expect(await system.people(email: Self.email, token: token) == .success([]))
      switch (kind, await system.person("acc-dana", token: token)) {
      case (.cloud, .failure(.forbidden)), (.dataCenter, .success(_?)): continue
      case (_, let other): Issue.record("\(kind): \(other)")
      }
    }
  }

  @Test("Asked for are the address or the account, percent-encoded, and one page of 50")
  func requests() {
    let cloud = JiraRequests(.gateway("https://api.example", cloudID: "c"))
    let site = JiraSite(name: "s", kind: .dataCenter, url: Self.origin, serviceUser: nil, file: "s.xml")
    let server = JiraRequests(JiraReach(site: site, grant: .personalAccessToken, cloudID: ""))
    let token = Secret("t")
    let urls = [cloud, server].flatMap { requests in
      [
        requests.people(matching: "a+b@example.com", token: token).url, requests.person("5b:1", token: token).url,
      ]
    }
    #expect(
      urls == [
        "https://api.example/ex/jira/c/rest/api/3/user/search?query=a%2Bb%40example.com&maxResults=50",
        "https://api.example/ex/jira/c/rest/api/3/user?accountId=5b%3A1",
        Self.origin + "/rest/api/2/user/search?username=a%2Bb%40example.com&maxResults=50",
        Self.origin + "/rest/api/2/user?username=5b%3A1",
      ])
  }

  @Test("Deleted people are nobody, and another account than the one asked for is no answer")
  func others() async throws {
    func answering(_ body: JSONValue) -> JiraSystem {
      Self.system(.cloud, .server { _ in WireResponse(status: 200, body: body.utf8) })
    }
    let former: JSONValue = ["accountId": "unknown", "displayName": "Former user", "active": false]
    #expect(await answering(former).person("a", token: Secret("t:t")) == .success(nil))
    #expect(await answering([former]).people(email: Self.email, token: Secret("t:t")) == .success([]))
    guard case .failure(.unreadable) = await answering(["accountId": "b"]).person("a", token: Secret("t:t")),
      case .failure(.unreadable) = await answering([:]).person("a", token: Secret("t:t")),
      case .failure(.unreadable) = await answering([:]).people(email: Self.email, token: Secret("t:t"))
    else {
      Issue.record("an answer of another shape was taken")
      return
    }
  }

  @Test("Refusals and limits are those of any request", arguments: kinds)
  func failures(_ kind: JiraSite.Kind) async throws {
    let jira = Self.site(kind)
    let system = Self.system(kind, .jira(jira))
    #expect(await system.people(email: Self.email, token: Secret("t:t")) == .failure(.unauthorised))
    jira.arm(
      ArmedFault(.rateLimited(reason: "jira-burst-based", retryAfter: .seconds(7)), pathSuffix: "/user/search"))
    #expect(
      await system.people(email: Self.email, token: Self.token(jira, kind))
        == .failure(.rateLimited(.init(level: .endpoint, retryAfter: .seconds(7)))))
    jira.arm(ArmedFault(.refusedConnection, pathSuffix: "/user"))
    #expect(
      await system.person("acc-dana", token: Self.token(jira, kind))
        == .failure(.unreachable("The connection was refused.")))
  }

  @Test("A scope that the consent lacks is said as that")
  func scope() async {
    let body: JSONValue = ["code": 401, "message": "Unauthorized; scope does not match"]
    let system = Self.system(.cloud, .server { _ in WireResponse(status: 401, body: body.utf8) })
    #expect(await system.people(email: Self.email, token: Secret("t:t")) == .failure(.scopeMissing))
  }

  @Test(
    "No failure holds an address, an account or a name, whatever Jira answers",
    arguments: [200, 302, 400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503])
  func silent(_ status: Int) async {
    let words = "No user dana@example.com (5b10a, Dana D)"
    let bodies: [JSONValue] = [
      ["errorMessages": [.string(words)], "errors": ["dana@example.com": .string(words)]],
      ["errorMessages": [], "errors": ["query": .string(words)]], ["message": .string(words)], .string(words),
    ]
    for body in bodies {
      let system = Self.system(.cloud, .server { _ in WireResponse(status: status, body: body.utf8) })
      let texts = [
        "\(await system.people(email: Self.email, token: Secret("t:t")))",
        "\(await system.person("5b10a", token: Secret("t:t")))",
      ]
      #expect(!texts.contains { $0.contains("example.com") || $0.contains("5b10a") || $0.contains("Dana") }, "\(texts)")
    }
  }

  @Test("What is printed of a person names nobody")
  func printed() {
    let dana = JiraPerson(account: "acc-dana", name: "Dana D", email: Self.email, isActive: true, isPerson: true)
    var dumped = ""
    dump(dana, to: &dumped)
    for text in ["\(dana)", String(reflecting: dana), dumped] {
      #expect(!text.contains("example.com") && !text.contains("Dana") && !text.contains("acc-"), "\(text)")
    }
  }
}
