import Crypto
import JSON
import Simulation
import SyncModel
import Synchronization
import Testing
import Wire

@Suite("The simulated help desk")
struct SimulatedCRMTests {
  static let now = Timestamp(seconds: 1_790_000_000)
  static let origin = "http://crm.example.com"

  static func configuration() -> SimulatedCRMConfiguration {
    SimulatedCRMConfiguration(
      users: [
        CRMUser(id: "u-rohit", name: "Rohit", email: "rohit@example.com"),
        CRMUser(id: "u-mark", name: "Mark", email: "mark@example.com"),
        CRMUser(id: "u-service", name: "Service account", email: "service@example.com"),
      ], apiUser: "u-service", apiKey: Secret("key"), webhookURL: "http://counterpart.example.com/webhooks/desk",
      webhookSecret: Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
      counterpartURL: "http://counterpart.example.com", connection: "desk", connectSecret: Secret("connect"))
  }

  private func api(
    _ crm: SimulatedCRM, _ method: WireRequest.Method, _ path: String, _ body: JSONValue? = nil, key: String = "key",
    match: String? = nil
  ) throws -> (status: Int, body: JSONValue) {
    var headers = [WireHeader("Authorization", "Bearer " + key)]
    if let match { headers.append(WireHeader("If-Match", match)) }
    let answer = crm.respond(
      to: WireRequest(method, Self.origin + path, headers: headers, body: body?.utf8 ?? []), now: Self.now)
    return (answer.status, try JSONReader.read(answer.body))
  }

  private func events(_ crm: SimulatedCRM) throws -> [JSONValue] {
    try crm.dueDeliveries(now: Self.now).compactMap { try JSONReader.read($0.body)["events"]?[0] }
  }

  @Test("Opening and commenting tells who did it, with the whole case and the comment")
  func events() throws {
    let crm = SimulatedCRM(configuration: Self.configuration())
    let id = try crm.openCase(as: "u-rohit", subject: "Printer", priority: "P1", now: Self.now)
    let comment = try crm.comment(on: id, as: "u-mark", text: "Seen", isPublic: false, now: Self.now)
    let told = try events(crm)
    #expect(told.map { $0["type"] } == ["case.created", "case.commented"])
    #expect(told[0]["actor"] == ["id": "u-rohit", "name": "Rohit", "email": "rohit@example.com"])
    #expect(told[0]["case"]?["number"] == "1001")
    #expect(told[0]["case"]?["priority"] == "P1")
    #expect(told[1]["comment"]?["id"]?.string == comment.rawValue)
    #expect(told[1]["comment"]?["public"] == false)
    #expect(told[1]["actor"]?["name"] == "Mark")
  }

  @Test("A delivery is signed over its id, the time and its exact bytes")
  func signature() throws {
    let crm = SimulatedCRM(configuration: Self.configuration())
    let delivery = SimulatedDelivery(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: Array("{\"test\": 2432232314}".utf8), dueAt: Self.now)
    let request = crm.request(for: delivery, now: Timestamp(seconds: 1_614_265_330))
    #expect(request.header("webhook-id") == "msg_p5jXN8AQM9LWM0D4loKWxJek")
    #expect(request.header("webhook-timestamp") == "1614265330")
    #expect(request.header("webhook-signature") == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test("A delivery stays until it was taken, under one id")
  func retry() throws {
    let crm = SimulatedCRM(configuration: Self.configuration())
    try crm.openCase(as: "u-rohit", subject: "Printer", now: Self.now)
    let first = try #require(crm.dueDeliveries(now: Self.now).first)
    crm.settle(first.id, status: 503, now: Self.now)
    #expect(crm.dueDeliveries(now: Self.now) == [])
    let later = try #require(crm.dueDeliveries(now: Self.now + .seconds(1)).first)
    #expect(later.id == first.id)
    #expect(later.body == first.body)
    crm.settle(later.id, status: 202, now: Self.now + .seconds(1))
    #expect(crm.waitingDeliveries == 0)
  }

  @Test("Webhooks are dropped, doubled and held back as the dice say")
  func deliveryFaults() throws {
    let crm = SimulatedCRM(configuration: Self.configuration())
    var faults = DeliveryFaults()
    faults.dropped = 1
    crm.setDeliveryFaults(faults)
    try crm.openCase(as: "u-rohit", subject: "Dropped", now: Self.now)
    #expect(crm.waitingDeliveries == 0)
    faults.dropped = 0
    faults.duplicated = 1
    faults.reordered = 1
    crm.setDeliveryFaults(faults)
    try crm.openCase(as: "u-rohit", subject: "Doubled", now: Self.now)
    #expect(crm.dueDeliveries(now: Self.now) == [])
    let late = Self.now + .seconds(5)
    let delivery = try #require(crm.dueDeliveries(now: late).first)
    crm.settle(delivery.id, status: 202, now: late)
    #expect(crm.dueDeliveries(now: late).map(\.id) == [delivery.id])
    crm.settle(delivery.id, status: 202, now: late)
    #expect(crm.waitingDeliveries == 0)
  }

  @Test("The interface writes as its user, tells about it, and guards by version")
  func interface() throws {
    let crm = SimulatedCRM(configuration: Self.configuration())
    let id = try crm.openCase(as: "u-rohit", subject: "Printer", now: Self.now)
    let patched = try api(crm, .patch, "/api/cases/\(id)", ["jira_key": "SUP-1"], match: "\"1\"")
    let stale = try api(crm, .patch, "/api/cases/\(id)", ["status": "Closed"], match: "\"1\"")
    let unknown = try api(crm, .patch, "/api/cases/\(id)", ["colour": "red"])
    let commented = try api(crm, .post, "/api/cases/\(id)/comments", ["body": "Done", "public": true])
    let listed = try api(crm, .get, "/api/cases/\(id)/comments")
    #expect([patched.status, stale.status, unknown.status, commented.status] == [200, 412, 400, 201])
    #expect(patched.body["version"] == 2)
    #expect(listed.body["comments"]?[0]?["id"] == commented.body["id"])
    #expect(listed.body["comments"]?[0]?["author"] == "Service account")
    let told = try events(crm).dropFirst()
    #expect(told.map { $0["type"] } == ["case.updated", "case.commented"])
    #expect(told.allSatisfy { $0["actor"]?["id"] == "u-service" })
    #expect(try api(crm, .get, "/api/cases/\(id)", key: "wrong").status == 401)
    #expect(try api(crm, .get, "/api/cases/99").status == 404)
  }

  @Test("The interface reads users by id, and by how their address begins, for who has the key")
  func users() throws {
    var configuration = Self.configuration()
    configuration.inactive = ["u-mark"]
    let crm = SimulatedCRM(configuration: configuration)
    let mark: JSONValue = ["id": "u-mark", "name": "Mark", "email": "mark@example.com", "active": false]
    #expect(try api(crm, .get, "/api/users/u-mark") == (200, mark))
    #expect(try api(crm, .get, "/api/users?email=MARK%40example.com") == (200, ["users": [mark]]))
    #expect(try api(crm, .get, "/api/users?email=mark@").body == ["users": [mark]])
    #expect(try api(crm, .get, "/api/users?email=example.com").body == ["users": []])
    #expect(try api(crm, .get, "/api/users/u-rohit").body["active"] == true)
    let refused = [
      try api(crm, .get, "/api/users/nobody"), try api(crm, .get, "/api/users"),
      try api(crm, .post, "/api/users/u-mark", [:]), try api(crm, .get, "/api/users/u-mark/cases"),
      try api(crm, .get, "/api/users/u-mark", key: "wrong"),
    ]
    #expect(refused.map(\.status) == [404, 400, 405, 404, 401])
    #expect(
      crm.log.map(\.template).prefix(3) == ["/api/users/{user}", "/api/users", "/api/users"])
    crm.changeUsers { users, inactive in
      users[0].email = "mark@example.com"
      inactive = []
    }
    let both = try api(crm, .get, "/api/users?email=mark%40example.com").body["users"]?.array
    #expect(both?.map { $0["active"] } == [true, true])
  }

  @Test("Requests for users go wrong where a fault is armed for them")
  func userFaults() throws {
    let crm = SimulatedCRM(configuration: Self.configuration())
    crm.arm(ArmedFault(.unavailable, method: "GET", pathSuffix: "/api/users/u-mark"))
    let answers = (0..<2).map { _ in
      crm.respond(
        to: WireRequest(
          .get, Self.origin + "/api/users/u-mark", headers: [WireHeader("Authorization", "Bearer key")]),
        now: Self.now
      ).status
    }
    #expect(answers == [503, 200])
  }

  @Test("Writing what is there already changes nothing and tells nobody")
  func noChange() throws {
    let crm = SimulatedCRM(configuration: Self.configuration())
    let id = try crm.openCase(as: "u-rohit", subject: "Printer", now: Self.now)
    let same = try api(crm, .patch, "/api/cases/\(id)", ["priority": "P3"])
    #expect(same.body["version"] == 1)
    #expect(crm.waitingDeliveries == 1)
  }

  @Test("The echo of our own write can arrive before the write's answer")
  func echoFirst() async throws {
    var configuration = Self.configuration()
    configuration.echo = .beforeAnswer
    let crm = SimulatedCRM(configuration: configuration)
    let id = try crm.openCase(as: "u-rohit", subject: "Printer", now: Self.now)
    let order = Order()
    let network = SimulatedNetwork(
      routes: [
        Self.origin: .crm(crm),
        "http://counterpart.example.com": .server { request in
          order.note(request.header("webhook-id") ?? "")
          return WireResponse(status: 202)
        },
      ]
    ) { Self.now }
    let answer = try await network.send(
      WireRequest(
        .post, Self.origin + "/api/cases/\(id)/comments", headers: [WireHeader("Authorization", "Bearer key")],
        body: (["body": "Hello", "public": true] as JSONValue).utf8))
    order.note("answer \(answer.status)")
    #expect(order.notes == ["msg_1", "msg_2", "answer 201"])
    #expect(crm.waitingDeliveries == 0)
  }

  @Test("The connect link is signed over connection, user, name, e-mail and expiry")
  func connectLink() throws {
    let crm = SimulatedCRM(configuration: Self.configuration())
    let link = try #require(crm.connectLink(for: "u-mark", now: Self.now))
    let mac = HMAC<SHA256>.authenticationCode(
      for: Array("desk\nu-mark\nMark\nmark@example.com\n1790000900".utf8),
      using: SymmetricKey(data: Array("connect".utf8)))
    let hex = mac.map { String(256 + Int($0), radix: 16).dropFirst() }.joined()
    #expect(
      link == "http://counterpart.example.com/connect/desk?user=u-mark&name=Mark&email=mark%40example.com"
        + "&expires=1790000900&signature=\(hex)")
  }

  @Test("Cases, comments and waiting deliveries survive a restart")
  func restart() throws {
    let crm = SimulatedCRM(configuration: Self.configuration())
    let id = try crm.openCase(as: "u-rohit", subject: "Printer", now: Self.now)
    try crm.comment(on: id, as: "u-mark", text: "Seen", now: Self.now)
    let again = SimulatedCRM(configuration: Self.configuration(), restoring: crm.snapshot)
    #expect(again.state == crm.state)
    #expect(again.dueDeliveries(now: Self.now) == crm.dueDeliveries(now: Self.now))
  }

  @Test("A page shows text as text, never as markup")
  func escaping() throws {
    let crm = SimulatedCRM(configuration: Self.configuration())
    let id = try crm.openCase(as: "u-rohit", subject: "<script>\"x\"</script>", now: Self.now)
    let page = crm.respond(to: WireRequest(.get, Self.origin + "/cases/\(id)?user=u-mark"), now: Self.now)
    let html = String(decoding: page.body, as: UTF8.self)
    #expect(html.contains("&lt;script&gt;&quot;x&quot;"))
    #expect(!html.contains("<script>"))
    #expect(html.contains("/connect/desk?user=u-mark&amp;"))
  }
}

/// What happened, in order.
final class Order: Sendable {
  private let noted = Mutex<[String]>([])

  var notes: [String] { noted.withLock { $0 } }
  func note(_ text: String) { noted.withLock { $0.append(text) } }
}
