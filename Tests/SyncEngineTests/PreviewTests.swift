import JSON
import MappingLanguage
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Synchronization
import Testing
import Wire

@Suite("A preview shows what is sent")
struct PreviewTests {
  /// Carries requests on, and remembers what changed something: method, address without its host, body.
  final class Recorder: Transport {
    private let network: SimulatedNetwork
    private let writes = Mutex<[String]>([])

    init(_ network: SimulatedNetwork) { self.network = network }

    func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
      note(request)
      return try await network.send(request)
    }

    func pipe(_ pipe: WirePipe) async -> WirePipe.Outcome {
      var target = pipe.target
      target.body = []
      note(target)
      return await network.pipe(pipe)
    }

    private func note(_ request: WireRequest) {
      guard request.method != .get, request.url.contains("/rest/") || request.url.contains("/api/") else { return }
      writes.withLock { $0.append(PreviewTests.words(request)) }
    }

    func taken() -> [String] {
      writes.withLock { all in
        defer { all = [] }
        return all
      }
    }
  }

  static func words(_ request: WireRequest) -> String {
    var url = request.url[...]
    for origin in [World.jiraOrigin, World.crmOrigin] where url.hasPrefix(origin) { url = url.dropFirst(origin.count) }
    return "\(request.method.rawValue) \(url) \(String(decoding: request.body, as: UTF8.self))"
  }

  static let mapping = World.mapping(
    [("<comments sync=\"both\"/>", "<comments sync=\"both\" edits=\"both\" deletions=\"both\"/>")],
    adding: #"<attachments sync="to-jira" max-size="1KB"/>"#
  ).split(separator: #"<link issue-key="jira_key"/>"#).joined(
    separator: #"<link issue-key="jira_key" case-url="{$base}/cases/{$case}" remote-link="Case {number}"/>"#)

  /// A world whose engine's requests are recorded, with everybody connected.
  private func world() async throws -> (World, Engine, Recorder) {
    let world = try World(mapping: Self.mapping)
    try await world.connectAll()
    let recorder = Recorder(world.network)
    var services = world.services
    services.transport = recorder
    let clock = world.clock
    return (world, Engine(services: services, app: world.app, worker: "test", clock: { clock.now }), recorder)
  }

  private func preview(_ world: World, as user: CRMUserID? = nil) -> DeliveryPreview {
    DeliveryPreview(
      set: world.services.live.current.mappings, mapping: nil, user: user, store: world.store)
  }

  private func previewNewest(_ world: World) async throws -> [DeliveryPreview.Step] {
    let event = try #require(try await world.store.events(limit: 1).first)
    return try await preview(world).previews(ofDelivery: event.delivery).flatMap(\.steps)
  }

  /// What a preview of the newest delivery shows, and what is sent then; reads, and the steps of transitions, left out.
  private func compare(_ world: World, _ engine: Engine, _ recorder: Recorder) async throws -> (
    shown: [String], sent: [String]
  ) {
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    let steps = try await previewNewest(world)
    _ = recorder.taken()
    try await engine.drain()
    let issue = try #require(world.issues.last)
    let names = ["%7BissueId%7D": issue["id"]?.text ?? "", "{issueKey}": issue["key"]?.string ?? ""]
    let shown = steps.flatMap(\.requests).filter { $0.method != .get }.map { request in
      names.reduce(Self.words(request)) { text, name in
        text.split(separator: name.key, omittingEmptySubsequences: false).joined(separator: name.value)
      }
    }
    return (shown.sorted(), recorder.taken().filter { !$0.contains("/transitions ") }.sorted())
  }

  @Test("What a preview prints is byte for byte what Jira and the CRM then receive")
  func bytes() async throws {
    let (world, engine, recorder) = try await world()
    let id = try world.crm.openCase(
      as: "7", subject: "Checkout fails", description: "Error 500\n\nTwice.", priority: "P2", now: world.clock.now)
    var (shown, sent) = try await compare(world, engine, recorder)
    #expect(sent.count == 3)
    #expect(shown == sent)
    try await world.settle()

    let comment = try world.crm.comment(on: id, as: "8", text: "It also fails on the phone", now: world.clock.now)
    (shown, sent) = try await compare(world, engine, recorder)
    #expect(sent.count == 1)
    #expect(shown == sent)
    try await world.settle()

    try world.crm.edit(
      id, as: "7", fields: [("subject", "Checkout fails again"), ("priority", "P1"), ("status", "Working")],
      now: world.clock.now)
    (shown, sent) = try await compare(world, engine, recorder)
    #expect(sent.count == 1 && sent.allSatisfy { $0.hasPrefix("PUT ") })
    #expect(shown == sent)
    #expect(world.status() == "In Progress")
    try await world.settle()

    try world.crm.editComment(comment, on: id, as: "8", text: "It fails on the tablet", now: world.clock.now)
    (shown, sent) = try await compare(world, engine, recorder)
    #expect(sent.count == 1)
    #expect(shown == sent)
    try await world.settle()

    try world.crm.attach(to: id, as: "8", name: "log.txt", content: [1, 2, 3], now: world.clock.now)
    (shown, sent) = try await compare(world, engine, recorder)
    #expect(sent.count == 1)
    #expect(shown == sent)
    try await world.settle()

    try world.crm.deleteComment(comment, on: id, as: "8", now: world.clock.now)
    (shown, sent) = try await compare(world, engine, recorder)
    #expect(sent.count == 1 && sent.allSatisfy { $0.hasPrefix("DELETE ") })
    #expect(shown == sent)
  }

  @Test("A transition is shown as a plan: where it looks, and where it goes")
  func transition() async throws {
    let (world, _, _) = try await world()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("status", "Closed")], now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    let step = try #require(try await previewNewest(world).first)
    let issue = try #require(world.issues.first?["id"]?.text)
    #expect(step.requests.map(\.method) == [.get])
    #expect(step.requests[0].path.hasSuffix("/rest/api/3/issue/\(issue)"))
    let remark = try #require(step.remark)
    #expect(remark.contains("/rest/api/3/issue/\(issue)/transitions with the transition that leads to 'Done'"))
    #expect(remark.contains("with resolution 'Done'"))
  }

  @Test("A delivery that was planned already is shown against the case as it stood before it")
  func planned() async throws {
    let (world, _, _) = try await world()
    let id = try await world.openCase(priority: "P2")
    try world.crm.edit(id, as: "7", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    let event = try #require(try await world.store.events(limit: 10).first { !$0.operations.isEmpty })
    let steps = try await preview(world).previews(ofDelivery: event.delivery).flatMap(\.steps)
    #expect(steps.flatMap(\.requests).map(\.method) == [.put])
    #expect(steps[0].requests[0].shownBody?["fields"] == ["priority": ["name": "Highest"]])
    #expect(try await world.engine.planNext() == false)
  }

  @Test("As whom it would be sent is told from who has connected")
  func whom() async throws {
    let world = try World(mapping: Self.mapping)
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    #expect(
      try await previewNewest(world).map(\.actor) == ["nobody: held, since Mark, CRM user 8 has not connected"])
    let delivery = try #require(try await world.store.events(limit: 1).first).delivery
    #expect(
      try await preview(world, as: "7").previews(ofDelivery: delivery).flatMap(\.steps).map(\.actor) == [
        "CRM user 7, who is Rohit R in Jira"
      ])
  }

  @Test("Without a database a delivery that opens a case is a new issue, and a later one changes what differs")
  func withoutDatabase() async throws {
    let body = { (type: String, subject: String) in
      Array(
        """
        {"events": [{"id": "e", "type": "\(type)", "time": "2026-11-23T13:11:31Z", "actor": {"id": "7"},
          "case": {"id": "41", "number": "41", "subject": "\(subject)", "status": "New", "priority": "P2"}}]}
        """.utf8)
    }
    let set = try World.installation(mapping: Self.mapping).mappings
    let preview = DeliveryPreview(set: set, mapping: "support", user: nil, store: nil)
    let opened = try await preview.previews(of: body("case.created", "One"), connection: "acme", after: nil)
    #expect(
      opened.flatMap(\.steps).flatMap(\.requests).map { "\($0.method.rawValue) \($0.shownURL)" } == [
        "POST /ex/jira/{cloudId}/rest/api/3/issue",
        "POST /ex/jira/{cloudId}/rest/api/3/issue/{issueId}/remotelink",
        "PATCH https://crm.example.com/api/cases/41",
      ])
    let same = try await preview.previews(of: body("case.updated", "Two"), connection: "acme", after: nil)
    #expect(same.flatMap(\.steps).isEmpty)
    let changed = try await preview.previews(
      of: body("case.updated", "Two"), connection: "acme", after: body("case.created", "One"))
    #expect(
      changed.flatMap(\.steps).flatMap(\.requests).map(\.shownBody?["fields"]) == [["summary": "[41] Two"]])
  }
}
