import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, "Who did what, and what it costs": requests are a budget.
@Suite("What it costs in requests to Jira")
struct RequestEconomyTests {
  private static func requests(_ world: World) -> [String] {
    world.jira.log.filter { $0.template.hasPrefix("/rest") }.map {
      $0.method + " " + $0.template.dropFirst("/rest/api/3".count)
    }
  }

  private static func opened(
    _ mapping: String = World.mapping, _ adjust: (inout SimulatedJiraConfiguration) -> Void = { _ in }
  ) async throws -> (World, CaseID) {
    let world = try World(mapping: mapping, adjust: adjust)
    try await world.connectAll()
    let id = try await world.openCase()
    world.jira.clearLog()
    return (world, id)
  }

  private static let everything = """
    <field jira="labels" value="crm,{priority}"/>
    <field jira="components" value="Shop"/>
    <field jira="fixVersions" value="1.0,2.0"/>
    <field jira="assignee" crm="opened_by"/>
    <field jira="duedate" value="2026-12-24"/>
    <field jira="customfield_1" value="Rare" as="option"/>
    <field jira="customfield_2" value="Web,Shop" as="options"/>
    <field jira="customfield_3" value="12.50" as="number"/>
    <field jira="customfield_4" value="2026-12-24T10:00:00Z" as="datetime"/>
    <field jira="customfield_5" value="**bold**" as="markdown"/>
    """

  private static func custom(_ site: inout SimulatedJiraConfiguration) {
    site.projects[0].components = ["Shop"]
    site.projects[0].versions = ["1.0", "2.0"]
    site.customFields = [
      SimulatedField(id: "customfield_1", name: "Frequency", kind: .option(["Rare", "Often"])),
      SimulatedField(id: "customfield_2", name: "Channels", kind: .options(["Web", "Shop"])),
      SimulatedField(id: "customfield_3", name: "Cost", kind: .number),
      SimulatedField(id: "customfield_4", name: "Seen", kind: .dateTime),
      SimulatedField(id: "customfield_5", name: "Notes", kind: .richText),
    ]
  }

  @Test("Creating an issue with everything that Jira takes: 1")
  func create() async throws {
    let world = try World(mapping: World.mapping(adding: Self.everything), adjust: Self.custom)
    try await world.connectAll()
    world.jira.clearLog()
    _ = try await world.openCase()
    #expect(Self.requests(world) == ["POST /issue"])
    let fields = world.issues[0]["fields"]
    #expect(fields?["labels"] == ["P2", "crm", "acme-1"])
    #expect(fields?["components"] == ["Shop"])
    #expect(fields?["fixVersions"] == ["1.0", "2.0"])
    #expect(fields?["assignee"] == "acc-rohit")
    #expect(fields?["duedate"] == "2026-12-24")
    #expect(fields?["customfield_1"] == "Rare")
    #expect(fields?["customfield_2"] == ["Shop", "Web"])
    #expect(fields?["customfield_3"]?.text == "12.5")
    #expect(fields?["customfield_5"]?["content"]?[0]?["content"]?[0]?["marks"]?[0]?["type"] == "strong")
    #expect(world.issues[0]["properties"]?["counterpart"]?["case"] == "1")
    #expect(try await world.store.operations(in: [.dead], limit: 9) == [])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A comment: 1; one more with its case: 2")
  func comment() async throws {
    let (world, id) = try await Self.opened()
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    #expect(Self.requests(world) == ["POST /issue/{issue}/comment"])
  }

  @Test("A one-way change: 1, a two-way change: 2, several of one person at once: no more; nothing changed: 0")
  func changes() async throws {
    let (world, id) = try await Self.opened()
    try world.crm.edit(id, as: "7", fields: [("description", "New")], now: world.clock.now)
    try await world.settle()
    #expect(Self.requests(world) == ["PUT /issue/{issue}"])
    world.jira.clearLog()
    try world.crm.edit(id, as: "7", fields: [("priority", "P1"), ("subject", "New")], now: world.clock.now)
    try await world.settle()
    #expect(Self.requests(world) == ["GET /issue/{issue}", "PUT /issue/{issue}"])
    world.jira.clearLog()
    try world.crm.edit(id, as: "7", fields: [("jira_key", "SUP-1x")], now: world.clock.now)
    try await world.settle()
    #expect(Self.requests(world) == [])
  }

  struct Move: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var isTwoWay: Bool
    var showsScreens = true
    /// Closed is two steps away, and has a resolution.
    var status = "Working"
    var requests: [String]
  }

  static let moves = [
    Move(
      testDescription: "straight, one-way", isTwoWay: false,
      requests: ["GET /issue/{issue}/transitions", "POST /issue/{issue}/transitions"]),
    Move(
      testDescription: "straight, two-way", isTwoWay: true,
      requests: ["GET /issue/{issue}", "POST /issue/{issue}/transitions"]),
    Move(
      testDescription: "straight, two-way, where issues do not show screens", isTwoWay: true, showsScreens: false,
      requests: ["GET /issue/{issue}", "GET /issue/{issue}/transitions", "POST /issue/{issue}/transitions"]),
    Move(
      testDescription: "two steps", isTwoWay: true, status: "Closed",
      requests: [
        "GET /issue/{issue}", "POST /issue/{issue}/transitions", "GET /issue/{issue}",
        "POST /issue/{issue}/transitions",
      ]),
  ]

  @Test("A straight transition: 2, and 2 for each further step", arguments: moves)
  func transition(_ move: Move) async throws {
    let mapping = World.mapping([
      (#"<status crm="status" sync="both""#, #"<status crm="status" sync="\#(move.isTwoWay ? "both" : "to-jira")""#)
    ])
    let (world, id) = try await Self.opened(mapping) { $0.showsScreensWithIssues = move.showsScreens }
    try world.crm.edit(id, as: "7", fields: [("status", move.status)], now: world.clock.now)
    try await world.settle()
    #expect(Self.requests(world) == move.requests)
    #expect(world.status() == (move.status == "Closed" ? "Done" : "In Progress"))
  }

  @Test("An attachment: 1, and 1 to the CRM")
  func attachment() async throws {
    let (world, id) = try await Self.opened(World.mapping(adding: #"<attachments sync="to-jira"/>"#))
    world.crm.clearLog()
    try world.crm.attach(to: id, as: "7", name: "a.txt", content: [1], now: world.clock.now)
    try await world.settle()
    #expect(Self.requests(world) == ["POST /issue/{issue}/attachments"])
    #expect(world.crm.log.count == 1)
  }

  @Test("A run over a quiet connection: 1, however many issues there are")
  func quietRun() async throws {
    let (world, _) = try await Self.opened()
    for _ in 0..<5 { _ = try await world.openCase() }
    try await world.settle()
    _ = try await world.reconcile()
    world.clock.advance(by: .seconds(1))
    _ = try await world.reconcile()
    world.jira.clearLog()
    #expect(try await world.reconcile().planned == 0)
    #expect(Self.requests(world) == ["POST /search/jql"])
  }

  // MARK: - The link back

  private static let linked = World.mapping([
    (
      #"<link issue-key="jira_key"/>"#,
      #"<link issue-key="jira_key" case-url="{$base}/cases/{$case}" remote-link="Case {number}: {subject}"/>"#
    )
  ])

  @Test(
    "A link back, where the mapping asks for one: 1, and one link however often it is made", arguments: [true, false])
  func remoteLink(_ isLost: Bool) async throws {
    let world = try World(mapping: Self.linked)
    try await world.connectAll()
    world.jira.clearLog()
    if isLost { world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/remotelink")) }
    _ = try await world.openCase()
    #expect(
      Self.requests(world) == ["POST /issue"]
        + Array(repeating: "POST /issue/{issue}/remotelink", count: isLost ? 2 : 1))
    let links = world.issues[0]["remoteLinks"]?.array ?? []
    #expect(links.count == 1)
    #expect(links.first?["globalId"] == "counterpart:acme:1")
    #expect(links.first?["object"]?["url"]?.string == World.crmOrigin + "/cases/1")
    #expect(links.first?["object"]?["title"] == "Case 1001: Checkout fails")
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("Who may not link issues still opens them, and the link waits for the permission")
  func mayNotLink() async throws {
    let world = try World(mapping: Self.linked)
    try await world.connectAll()
    world.jira.setPermissions([.browse, .create, .edit, .comment], of: "acc-rohit", in: "SUP")
    let id = try await world.openCase()
    _ = try world.crm.comment(on: id, as: "7", text: "Hello", now: world.clock.now)
    try await world.settle()
    #expect(try await world.store.operations(in: [.held], limit: 9).map(\.kind) == [.addRemoteLink])
    #expect(world.comments(world.issues[0]) == ["Rohit R: Hello"])
  }

  // MARK: - Labels

  @Test(
    "The label by which an issue is found is no label of the case: it stays when labels are written, and does not come back"
  )
  func labels() async throws {
    let mapping = World.mapping([
      (
        #"<field jira="description" crm="description" as="plain"/>"#,
        #"<field jira="labels" crm="description" sync="both"/>"#
      )
    ])
    let world = try World(mapping: mapping)
    try await world.connectAll()
    let id = try await world.openCase(description: "a,b")
    #expect(world.issues[0]["labels"] == ["a", "b", "acme-1"])
    #expect(try await world.reconcile().planned == 0)
    try world.crm.edit(id, as: "7", fields: [("description", "b,c")], now: world.clock.now)
    try await world.settle()
    #expect(world.issues[0]["labels"] == ["b", "c", "acme-1"])
    #expect(try await world.reconcile().planned == 0)
  }
}
