import CRMClient
import CustomDump
import JSON
import MappingLanguage
import Simulation
import SyncCore
import SyncModel
import Testing
import Wire
import XML

/// The shipped neutral profile, spoken to the simulated help desk, and to answers that no good help desk gives.
@Suite("Users of a CRM")
struct CRMUsersTests {
  private static let origin = "https://crm.example.com"
  private static let dana = CRMPerson(id: "u/7", name: "Dana D", email: "Dana+crm@example.com", isActive: true)

  private static func profile() throws -> CRMProfile {
    let file = SourceFile(path: "crm/generic.xml", bytes: try Profiles.file("mappings/crm/generic.xml"))
    return try #require(MappingSet.compile(files: [file]).set?.profiles["generic"])
  }

  private static func desk() -> SimulatedCRM {
    var configuration = SimulatedCRMConfiguration(
      users: [
        CRMUser(id: "u/7", name: "Dana D", email: "Dana+crm@example.com"),
        CRMUser(id: "8", name: "Mark", email: "mark@example.com"),
        CRMUser(id: "9", name: "Mark the other", email: "mark@example.com"), CRMUser(id: "10", name: "Nobody's"),
      ], apiUser: "8", apiKey: Secret("s3cret"), webhookURL: "https://counterpart.example.com/webhooks/desk",
      webhookSecret: Secret("whsec_c2VjcmV0"), counterpartURL: "https://counterpart.example.com", connection: "desk",
      connectSecret: Secret("connect"))
    configuration.inactive = ["9"]
    return SimulatedCRM(configuration: configuration)
  }

  private static func system(
    _ side: FarSide, key: String = "s3cret", profile: CRMProfile? = nil
  ) throws -> CRMSystem {
    CRMSystem(
      profile: try profile ?? Self.profile(), base: origin, secrets: { _ in [Secret(key)] },
      transport: SimulatedNetwork(routes: [origin: side], clock: { Timestamp(seconds: 1_790_000_000) }))
  }

  /// A help desk that answers always the same.
  private static func answering(_ status: Int, _ body: JSONValue) throws -> CRMSystem {
    try system(.server { _ in WireResponse(status: status, body: body.utf8) })
  }

  @Test("A user is read by id: the name, the address, and whether the account is in use")
  func byID() async throws {
    let system = try Self.system(.crm(Self.desk()))
    #expect(await system.user("u/7") == .success(Self.dana))
    #expect(
      await system.user("9")
        == .success(CRMPerson(id: "9", name: "Mark the other", email: "mark@example.com", isActive: false)))
    #expect(await system.user("10") == .success(CRMPerson(id: "10", name: "Nobody's", email: nil, isActive: true)))
  }

  @Test("A user that the CRM does not have is nobody, and no failure")
  func nobody() async throws {
    #expect(await (try Self.system(.crm(Self.desk()))).user("11") == .success(nil))
    #expect(await (try Self.answering(410, [:])).user("7") == .success(nil))
    var profile = try Self.profile()
    profile.api?.requests[.getUser]?.users?.select = try XPathExpression("/*/user")
    let system = try Self.system(.server { _ in WireResponse(status: 200, body: Array("{}".utf8)) }, profile: profile)
    #expect(await system.user("7") == .success(nil))
    #expect(await system.user(CRMUserID(String(repeating: "7", count: 201))) == .success(nil))
  }

  @Test(
    "What is not the one user who was asked for is not taken for them",
    arguments: [
      ["id": "8", "email": "mark@example.com"], ["email": "mark@example.com"], [:],
      [["id": "7", "email": "a@example.com"], ["id": "7", "email": "b@example.com"]],
    ] as [JSONValue])
  func another(_ answer: JSONValue) async throws {
    guard case .failure(.unreadable) = await (try Self.answering(200, answer)).user("7") else {
      Issue.record("\(answer)")
      return
    }
  }

  @Test("Users are found by their address, in letters of either case, and only those who have it")
  func byEmail() async throws {
    let system = try Self.system(.crm(Self.desk()))
    #expect(await system.users(email: "dana+CRM@example.com") == .success([Self.dana]))
    #expect((try await system.users(email: "mark@example.com").get()).map(\.id) == ["8", "9"])
    #expect(await system.users(email: "dana@example.com") == .success([]))
    // The help desk shows Dana to this one, too.
    #expect(await system.users(email: "Dana+crm@example") == .success([]))
    #expect(await system.users(email: String(repeating: "a", count: 309) + "@example.com") == .success([]))
    let generous = try Self.answering(
      200,
      [
        "users": [
          ["id": "1", "email": "ann@example.com", "active": true],
          ["id": "2", "email": "ann@example.com.au", "active": true], ["id": "3", "active": true],
          ["id": "1", "email": "ann@example.com", "active": true], ["email": "other@example.com"],
        ]
      ])
    #expect(
      await generous.users(email: "Ann@example.com")
        == .success([CRMPerson(id: "1", name: nil, email: "ann@example.com", isActive: true)]))
    #expect(await (try Self.answering(404, [:])).users(email: "ann@example.com") == .success([]))
  }

  @Test("Somebody with the address whose id cannot be read, and more than 100 users, are no answer")
  func uncertain() async throws {
    let nameless = try Self.answering(200, ["users": [["email": "ann@example.com"]]])
    #expect(
      await nameless.users(email: "ann@example.com")
        == .failure(.unreadable("the answer does not hold users as the profile says")))
    func crowd(_ count: Int) throws -> CRMSystem {
      try Self.answering(
        200,
        ["users": .array((1...count).map { ["id": .integer($0), "email": .string("user\($0)@example.com")] })])
    }
    #expect((try await crowd(100).users(email: "user100@example.com").get()).map(\.id) == ["100"])
    #expect(
      await (try crowd(101)).users(email: "user1@example.com")
        == .failure(.unreadable("the answer holds more than 100 users")))
  }

  struct Active: Sendable {
    var value: JSONValue
    var isActive: Bool
  }

  @Test(
    "Active is who the CRM clearly says is: true or 1, and everybody where the profile does not say",
    arguments: [
      Active(value: true, isActive: true), Active(value: " TRUE ", isActive: true), Active(value: 1, isActive: true),
      Active(value: false, isActive: false), Active(value: "no", isActive: false), Active(value: "", isActive: false),
      Active(value: .null, isActive: false),
    ])
  func active(_ row: Active) async throws {
    var profile = try Self.profile()
    profile.api?.requests[.getUser]?.users?.isActive = try XPathExpression("active")
    let body: JSONValue = ["id": "7", "email": "a@example.com", "active": row.value]
    let side = FarSide.server { _ in WireResponse(status: 200, body: body.utf8) }
    #expect((try await Self.system(side, profile: profile).user("7").get())?.isActive == row.isActive)
    profile.api?.requests[.getUser]?.users?.isActive = nil
    #expect((try await Self.system(side, profile: profile).user("7").get())?.isActive == true)
  }

  @Test("What stands in the address is percent-encoded, the sign and the plus of an e-mail address too")
  func addresses() throws {
    let requests = CRMRequests(
      profile: try Self.profile(), base: Self.origin, secrets: { _ in [Secret("s3cret")] })
    #expect(
      diff(
        try requests.findUsers(email: "a+b&c@example.com"),
        WireRequest(
          .get, Self.origin + "/api/users?email=a%2Bb%26c%40example.com",
          headers: [WireHeader("Authorization", "Bearer s3cret"), WireHeader("Accept", "application/json")])) == nil)
    #expect(try requests.getUser("u/7?x").url == Self.origin + "/api/users/u%2F7%3Fx")
    #expect(throws: CallFailure.rejected("the value of '$user' cannot stand in an address", fields: [:])) {
      try requests.getUser("..")
    }
  }

  @Test("A CRM that cannot answer says so, in the class that any request of it has")
  func failures() async throws {
    let desk = Self.desk()
    let system = try Self.system(.crm(desk))
    desk.arm(ArmedFault(.refusedConnection, method: "GET", pathSuffix: "/api/users/8"))
    #expect(await system.user("8") == .failure(.unreachable("The connection was refused.")))
    desk.arm(ArmedFault(.unavailable, method: "GET", pathSuffix: "/api/users"))
    guard case .failure(.unavailable) = await system.users(email: "mark@example.com") else {
      Issue.record("it was not said that the CRM could not answer")
      return
    }
    #expect(await (try Self.system(.crm(desk), key: "wrong")).user("8") == .failure(.unauthorised))
    #expect((try await system.user("8").get())?.id == "8")
  }

  @Test("A profile without the requests finds nobody and says which one it lacks")
  func withoutRequests() async throws {
    let system = try Self.system(.crm(Self.desk()), profile: try Profiles.helpdesk())
    #expect(
      await system.user("7")
        == .failure(.rejected("the profile 'django-helpdesk' has no 'get-user' request", fields: [:])))
    #expect(
      await system.users(email: "a@example.com")
        == .failure(.rejected("the profile 'django-helpdesk' has no 'find-users' request", fields: [:])))
  }

  @Test(
    "No failure holds an address or a name, whatever the CRM answers",
    arguments: [200, 201, 302, 400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503])
  func silent(_ status: Int) async throws {
    let words = #"{"error":"no user ann@example.com, Ann Smith","ann@example.com":1,"ann@example.com":2"#
    for body in [words, words + "}", "ann@example.com"] {
      let system = try Self.system(.server { _ in WireResponse(status: status, body: Array(body.utf8)) })
      let texts = [
        "\(await system.user("ann@example.com"))", "\(await system.users(email: "ann@example.com"))",
      ]
      #expect(!texts.contains { $0.contains("example.com") || $0.contains("Smith") }, "\(texts)")
    }
  }

  @Test("What is printed of a user names nobody")
  func printed() {
    var dumped = ""
    dump(Self.dana, to: &dumped)
    for text in ["\(Self.dana)", String(reflecting: Self.dana), dumped, "\(["a": Self.dana])"] {
      #expect(!text.contains("example.com") && !text.contains("Dana"), "\(text)")
    }
  }
}
