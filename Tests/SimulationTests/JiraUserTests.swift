import JSON
import Simulation
import SyncModel
import Testing
import Wire

@Suite("The simulated Jira's users")
struct JiraUserTests {
  /// Rohit asks about Ann Mary Smith, who hides her address, and Old Smith, who left.
  private static func sandbox(_ change: (inout SimulatedJiraConfiguration) -> Void = { _ in }) -> JiraSandbox {
    var ann = SimulatedAccount(id: "account-ann", name: "Ann Mary Smith", email: "ann.smith@example.com")
    ann.showsEmail = false
    var old = SimulatedAccount(id: "account-old", name: "Old Smith", email: "old@example.com")
    old.isActive = false
    return JiraSandbox { configuration in
      configuration.accounts += [ann, old]
      change(&configuration)
    }
  }

  private func found(_ sandbox: JiraSandbox, _ query: [(String, String)]) throws -> [String?] {
    let answer = try sandbox.call(.get, "user/search?" + URLEncoding.query(query), as: JiraSandbox.rohit)
    return answer.body.array?.map { $0["accountId"]?.string } ?? ["status \(answer.status)"]
  }

  @Test(
    "A query is the beginning of the name, of one of its words, or of the address, in letters of either case",
    arguments: [
      ("ann", ["account-ann"]), ("SMITH", ["account-ann"]), ("mary sm", ["account-ann"]),
      ("Ann.Smith@", ["account-ann"]), ("rohit@example.com", ["account-rohit"]), ("example.com", []), ("nn", []),
      ("annmary", []),
    ] as [(String, [String])])
  func query(_ text: String, _ expected: [String]) throws {
    #expect(try found(Self.sandbox(), [("query", text)]) == expected)
  }

  @Test("Who left is not found in the cloud, and read by the account they are there, marked as inactive")
  func inactive() throws {
    let sandbox = Self.sandbox()
    #expect(try found(sandbox, [("query", "old")]) == [])
    let old = try sandbox.call(.get, "user?accountId=account-old", as: JiraSandbox.rohit)
    #expect((old.status, old.body["active"], old.body["accountType"]) == (200, false, "atlassian"))
    #expect(try sandbox.call(.get, "user?accountId=account-nobody", as: JiraSandbox.rohit).status == 404)
  }

  @Test("An address is shown where its owner lets it be seen, and to the owner")
  func addresses() throws {
    let sandbox = Self.sandbox()
    func shown(_ id: String, to reader: AccountID) throws -> JSONValue? {
      try sandbox.call(.get, "user?accountId=\(id)", as: reader).body["emailAddress"]
    }
    #expect(try shown("account-ann", to: JiraSandbox.rohit) == nil)
    #expect(try shown("account-ann", to: "account-ann") == "ann.smith@example.com")
    #expect(try shown("account-mark", to: JiraSandbox.rohit) == "mark@example.com")
    sandbox.jira.change(account: "account-ann") { $0.showsEmail = true }
    #expect(try shown("account-ann", to: JiraSandbox.rohit) == "ann.smith@example.com")
  }

  @Test("Pages begin and end where they are asked to; closed accounts are on none")
  func pages() throws {
    let sandbox = Self.sandbox()
    let all = try found(sandbox, [("query", "")])
    #expect(all == ["account-rohit", "account-mark", "account-developer", "account-ann"])
    #expect(try found(sandbox, [("query", ""), ("maxResults", "2"), ("startAt", "1")]) == Array(all[1...2]))
    sandbox.jira.close("account-mark")
    #expect(try found(sandbox, [("query", "mark")]) == [])
  }

  @Test(
    "What the interface does not take is refused",
    arguments: [
      [], [("query", "a"), ("accountId", "account-ann")], [("username", "ann")], [("query", "a"), ("key", "ann")],
    ] as [[(String, String)]])
  func strict(_ query: [(String, String)]) throws {
    #expect(try found(Self.sandbox(), query) == ["status 400"])
  }

  @Test("Without the global permission nobody is found and nobody is read, and the permission says so")
  func permission() throws {
    let sandbox = Self.sandbox()
    func may() throws -> JSONValue? {
      try sandbox.call(.get, "mypermissions?permissions=USER_PICKER&projectKey=SUP", as: JiraSandbox.rohit)
        .body["permissions"]?["USER_PICKER"]
    }
    #expect(try may()?["havePermission"] == true)
    #expect(try may()?["type"] == "GLOBAL")
    sandbox.jira.setBrowsesUsers(false, of: JiraSandbox.rohit)
    #expect(try may()?["havePermission"] == false)
    #expect(try found(sandbox, [("query", "ann")]) == [])
    #expect(try sandbox.call(.get, "user?accountId=account-ann", as: JiraSandbox.rohit).status == 403)
    #expect(try sandbox.call(.get, "user?accountId=account-ann", as: JiraSandbox.mark).status == 200)
    sandbox.jira.setBrowsesUsers(true, of: JiraSandbox.rohit)
    #expect(try found(sandbox, [("query", "ann")]) == ["account-ann"])
    let closed = Self.sandbox { $0.browsers = [JiraSandbox.mark] }
    #expect(try found(closed, [("query", "ann")]) == [])
  }

  @Test("Users are read with the scope for users")
  func scope() throws {
    let sandbox = Self.sandbox()
    let tokens = try sandbox.tokens(JiraSandbox.rohit, scopes: ["read:jira-work", "write:jira-work"])
    let token = tokens["access_token"]?.string ?? ""
    #expect(try sandbox.call(.get, "user/search?query=ann", token: token).status == 401)
    #expect(try sandbox.call(.get, "user?accountId=account-ann", token: token).status == 401)
  }

  @Test("Each user who is shown costs two points")
  func points() throws {
    let sandbox = Self.sandbox()
    let token = try sandbox.tokens(JiraSandbox.rohit)["access_token"]?.string ?? ""
    func cost(_ path: String) throws -> Int {
      let before = sandbox.jira.pointsUsed
      _ = try sandbox.call(.get, path, token: token)
      return sandbox.jira.pointsUsed - before
    }
    #expect(try cost("user/search?query=") == 9)
    #expect(try cost("user/search?query=nobody") == 1)
    #expect(try cost("user?accountId=account-ann") == 3)
  }

  @Test("A Data Center finds by the user name as well, and inactive people where they are asked for")
  func dataCenter() throws {
    let sandbox = Self.sandbox { $0.isDataCenter = true }
    let token = sandbox.jira.makeToken(for: JiraSandbox.rohit)
    func call(_ path: String) throws -> (status: Int, body: JSONValue) {
      let answer = sandbox.jira.respond(
        to: WireRequest(
          .get, JiraSandbox.origin + "/rest/api/2/" + path,
          headers: [WireHeader("Authorization", "Bearer " + token)]), now: sandbox.now)
      return (answer.status, try JSONReader.read(answer.body))
    }
    func names(_ query: String) throws -> [String?] {
      try call("user/search?" + query).body.array?.map { $0["name"]?.string } ?? []
    }
    #expect(try names("username=account-an") == ["account-ann"])
    #expect(try names("username=smith") == ["account-ann"])
    #expect(try names("username=smith&includeInactive=true") == ["account-ann", "account-old"])
    #expect(try names("username=smith&includeInactive=true&includeActive=false") == ["account-old"])
    #expect(try call("user/search?query=smith").status == 400)
    let ann = try call("user?username=ACCOUNT-ann")
    #expect((ann.body["name"], ann.body["accountId"], ann.body["emailAddress"]) == ("account-ann", nil, nil))
    let missing = try call("user?username=nobody")
    #expect(missing.status == 404)
    #expect(missing.body["errorMessages"] == ["The user named 'nobody' does not exist"])
    sandbox.jira.setBrowsesUsers(false, of: JiraSandbox.rohit)
    #expect(try names("username=smith") == [])
    #expect(try call("user?username=account-ann").status == 200)
  }
}
