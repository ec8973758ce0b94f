import CustomDump
import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// contract.md, `<attachments sync="to-jira" max-size="10MB"/>`.
@Suite("Files of a case are attached to its issue")
struct AttachmentTests {
  private static let rule = #"<attachments sync="to-jira" max-size="1KB" types="text/* image/png"/>"#

  private static func world(
    _ rule: String = AttachmentTests.rule, _ adjust: (inout SimulatedJiraConfiguration) -> Void = { _ in }
  ) async throws -> (World, CaseID) {
    let world = try World(mapping: World.mapping(adding: rule), adjust: adjust)
    try await world.connectAll()
    let id = try await world.openCase()
    world.jira.clearLog()
    world.crm.clearLog()
    return (world, id)
  }

  /// `author: name, type, size` of an issue's files.
  private static func files(_ world: World) -> [String] {
    (world.issues[0]["attachments"]?.array ?? []).map { file in
      "\(file["author"]?["name"]?.string ?? "?"): \(file["name"]?.string ?? ""), \(file["type"]?.string ?? ""), "
        + "\(file["size"]?.text ?? "")"
    }
  }

  @Test("A file goes over whole, by who attached it, with one request to each side")
  func attached() async throws {
    let (world, id) = try await Self.world()
    let content = (0..<600).map { UInt8(truncatingIfNeeded: $0 &* 7) } + Array("\r\n--counterpart\r\n".utf8)
    try world.crm.attach(
      to: id, as: "8", name: #"C:\temp\a "b".png"#, type: "image/png; x=y", content: content, now: world.clock.now)
    try await world.settle()
    #expect(Self.files(world) == [#"Mark M: a "b".png, image/png, \#(content.count)"#])
    #expect(
      world.issues[0]["attachments"]?[0]?["digest"]?.string == SimulatedJira.digest(of: content))
    #expect(world.jira.log.filter { $0.template.hasPrefix("/rest") }.map(\.account) == ["acc-mark"])
    #expect(world.crm.log.map(\.template) == ["/api/cases/{case}/attachments/{attachment}"])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A file that the mapping does not take stays, and the story says why, in no words of its own")
  func leftOut() async throws {
    let (world, id) = try await Self.world()
    let now = world.clock.now
    try world.crm.attach(to: id, as: "7", name: "secret-name", content: Array(repeating: 1, count: 1025), now: now)
    try world.crm.attach(to: id, as: "7", name: "secret-name", type: "video/mp4", content: [1], now: now)
    try world.crm.attach(to: id, as: "7", name: "secret-name", content: [1], isPublic: false, now: now)
    try await world.settle()
    #expect(Self.files(world) == [])
    let said = try await world.story(id).lines.map(\.text).suffix(3)
    #expect(
      said == [
        "a file of 1 KB was left out: the mapping takes at most 1 KB",
        "a file of the type video/mp4 was left out, as the mapping says",
        "a file that the CRM calls internal was left out: everybody who sees the issue would see it",
      ])
    #expect(world.jira.log.filter { $0.template.hasPrefix("/rest") } == [])
  }

  @Test("Internal files go where the mapping takes them")
  func takesInternal() async throws {
    let (world, id) = try await Self.world(#"<attachments sync="to-jira" internal="take"/>"#)
    try world.crm.attach(to: id, as: "7", name: "a.txt", content: [1], isPublic: false, now: world.clock.now)
    try await world.settle()
    #expect(Self.files(world) == ["Rohit R: a.txt, text/plain, 1"])
  }

  struct Loss: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var fault: Fault
    var isAtCRM = false
    /// How many requests that attach may arrive.
    var uploads: Int
  }

  static let losses = [
    Loss(testDescription: "answer lost", fault: .lostAfterApply, uploads: 1),
    Loss(testDescription: "answer unreadable", fault: .malformed, uploads: 1),
    Loss(testDescription: "503", fault: .unavailable, uploads: 2),
    Loss(testDescription: "refused connection", fault: .refusedConnection, uploads: 2),
    Loss(testDescription: "CRM away", fault: .unavailable, isAtCRM: true, uploads: 1),
    Loss(testDescription: "CRM silent", fault: .lostAfterApply, isAtCRM: true, uploads: 1),
    Loss(
      testDescription: "CRM slows us down", fault: .rateLimited(reason: "x", retryAfter: .seconds(3)), isAtCRM: true,
      uploads: 1),
  ]

  @Test("Whatever goes wrong, the file is attached in the end, and once", arguments: losses)
  func lost(_ loss: Loss) async throws {
    let (world, id) = try await Self.world()
    if loss.isAtCRM {
      world.crm.arm(ArmedFault(loss.fault, method: "GET", pathSuffix: "/901"))
    } else {
      world.jira.arm(ArmedFault(loss.fault, method: "POST", pathSuffix: "/attachments"))
    }
    try world.crm.attach(to: id, as: "8", name: "a.txt", content: Array("hello".utf8), now: world.clock.now)
    try await world.settle(for: .seconds(90))
    #expect(Self.files(world) == ["Mark M: a.txt, text/plain, 5"])
    #expect(world.jiraRequests("POST", "/attachments").count == loss.uploads)
    #expect(try await world.store.operations(in: [.dead, .held, .waiting, .verifying, .ready], limit: 9) == [])
  }

  @Test("A second file of the same name and size is not taken for the first one's copy")
  func sameName() async throws {
    let (world, id) = try await Self.world()
    try world.crm.attach(to: id, as: "8", name: "a.txt", content: Array("hello".utf8), now: world.clock.now)
    try await world.settle()
    world.jira.arm(ArmedFault(.refusedConnection, method: "POST", pathSuffix: "/attachments"))
    world.jira.arm(ArmedFault(.unavailable, method: "POST", pathSuffix: "/attachments"))
    try world.crm.attach(to: id, as: "8", name: "a.txt", content: Array("world".utf8), now: world.clock.now)
    try await world.settle(for: .seconds(90))
    #expect(Self.files(world).count == 2)
    let digests = world.issues[0]["attachments"]?.array?.compactMap { $0["digest"]?.string }
    #expect(digests == ["hello", "world"].map { SimulatedJira.digest(of: Array($0.utf8)) })
  }

  @Test("A crash while a file was on its way attaches no second one", arguments: [true, false])
  func crash(_ hasArrived: Bool) async throws {
    let (world, id) = try await Self.world()
    try world.crm.attach(to: id, as: "8", name: "a.txt", content: Array("hello".utf8), now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let claimed = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    if hasArrived {
      var random = SystemRandomNumberGenerator()
      _ = try await world.engine.outbox.perform(claimed, now: world.clock.now, using: &random)
    }
    // The process dies here.
    let next = try await world.restarted()
    for _ in 0..<60 {
      try await next.drain()
      world.clock.advance(by: .milliseconds(500))
    }
    #expect(Self.files(world) == ["Mark M: a.txt, text/plain, 5"])
    #expect(world.jiraRequests("POST", "/attachments").count == 1)
  }

  @Test("A file that names itself small and is not is given up; so is one that Jira finds too large")
  func tooLarge() async throws {
    let (world, id) = try await Self.world(#"<attachments sync="to-jira" max-size="1KB"/>"#) {
      $0.attachmentLimitBytes = 500
    }
    try world.crm.attach(
      to: id, as: "8", name: "a.txt", content: Array(repeating: 65, count: 600), now: world.clock.now)
    let liar = try world.crm.attach(
      to: id, as: "8", name: "b.txt", content: Array(repeating: 65, count: 2000), now: world.clock.now)
    let body = String(decoding: world.crm.dueDeliveries(now: world.clock.now)[1].body, as: UTF8.self)
    #expect(liar == "902")
    #expect(
      await world.deliver(body.split(separator: #""size":2000"#).joined(separator: #""size":20"#), id: "liar")
        == world.accepted)
    try await world.settle()
    #expect(Self.files(world) == [])
    let reasons = try await world.store.operations(in: [.dead], limit: 9).compactMap(\.reason).sorted()
    #expect(
      diff(
        reasons,
        [
          "mapping.xml: attaching the file in Jira: refused: mapping.xml:15:1: the file is larger than the 1 KB that the "
            + "mapping takes; it will not be tried again by itself",
          "mapping.xml: attaching the file in Jira: too large, or more than there may be: The file exceeds its maximum "
            + "permitted size of 500 bytes.; it will not be tried again by itself",
        ]) == nil)
  }

  @Test("Credentials of the CRM go to no other host, whatever an event calls a file's address")
  func foreignAddress() async throws {
    let profile = String(decoding: try Fixtures.bytes("mappings/crm/generic.xml"), as: UTF8.self)
      .split(separator: #"type="type" size="size" public"#).joined(separator: #"type="type" address="url" public"#)
    let (world, id) = try await Self.world()
    world.services.live.replace(
      with: try World.installation(mapping: World.mapping(adding: Self.rule), profile: profile))
    func event(_ number: Int, _ address: String) -> String {
      """
      {"events": [{"id": "e\(number)", "type": "case.attached", "time": "\(world.clock.now)", "actor": {"id": "8"},
        "case": {"id": "\(id)", "number": "1001", "subject": "Checkout fails", "description": "Error 500",
                 "priority": "P2", "status": "New"},
        "attachments": [{"id": "f\(number)", "name": "a.txt", "type": "text/plain", "url": "\(address)",
                         "public": true}]}]}
      """
    }
    try world.crm.attach(to: id, as: "8", name: "b.txt", content: [1], now: world.clock.now)
    let own = "/api/cases/\(id)/attachments/901"
    let addresses = [
      "https://evil.example.com/a", "//evil.example.com/a", World.crmOrigin + "@evil.example.com/a", own,
      World.crmOrigin + own,
    ]
    for (number, address) in addresses.enumerated() {
      #expect(await world.deliver(event(number, address), id: "m\(number)") == world.accepted)
    }
    try await world.settle()
    #expect(
      Self.files(world).sorted() == [
        "Mark M: a.txt, text/plain, 1", "Mark M: a.txt, text/plain, 1", "Mark M: b.txt, text/plain, 1",
      ])
    let dead = try await world.store.operations(in: [.dead], limit: 9)
    #expect(dead.count == 3)
    #expect(
      dead.filter { $0.reason?.contains("the file's address is not on the CRM's own host") == true }.count == 3)
  }
}
