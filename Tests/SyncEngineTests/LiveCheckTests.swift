import JSON
import MappingLanguage
import Simulation
import SyncEngine
import SyncModel
import SyncStore
import Testing

@testable import SyncCore

/// Mappings held against the simulated site, by breaking the one or the other.
@Suite("The check against the live site")
struct LiveCheckTests {
  static func check(_ world: World) -> LiveCheck {
    let clock = world.clock
    return LiveCheck(
      services: world.services,
      app: OAuthApp(
        clientID: "client", clientSecret: Secret("app-secret")),
      clock: { clock.now }, pause: { clock.advance(by: $0) })
  }

  static func findings(_ world: World) async throws -> [String] {
    try await check(world).run(World.connection).findings.map(\.description)
  }

  /// Everybody connected, and an issue to look at.
  static func world(
    mapping: String = World.mapping, adjust: (inout SimulatedJiraConfiguration) -> Void = { _ in }
  ) async throws -> World {
    let world = try World(mapping: mapping, adjust: adjust)
    try await world.connectAll()
    return world
  }

  @Test("A mapping that fits its site gives no finding, with and without an issue to look at")
  func clean() async throws {
    let world = try await Self.world()
    #expect(try await Self.findings(world) == [])
    try await world.openCase()
    #expect(try await Self.findings(world) == [])
  }

  struct Broken: Sendable, CustomTestStringConvertible {
    var name: String
    var changes: [(String, String)] = []
    var adding = ""
    var adjust: @Sendable (inout SimulatedJiraConfiguration) -> Void = { _ in }
    var finding: String
    var testDescription: String { name }
  }

  static let broken: [Broken] = [
    Broken(
      name: "a project that is not there, with the nearest key", changes: [("\"SUP\"", "\"SUPP\"")],
      finding: "mapping.xml:2:3: error: nobody who has connected sees a project 'SUPP' in Jira; did you mean 'SUP'?"),
    Broken(
      name: "an issue type that the project does not have", changes: [("\"Task\"", "\"Tsk\"")],
      finding: "mapping.xml:2:3: error: the project SUP has no issue type 'Tsk'; did you mean 'Task'?"),
    Broken(
      name: "a field that is not on the create screen",
      adjust: { $0.projects[0].notOnCreateScreen = ["description"] },
      finding: "mapping.xml:4:3: error: description is not on the create screen of SUP / Task, so Jira would refuse "
        + "the whole issue"),
    Broken(
      name: "a field that Jira does not have", adding: #"<field jira="enviroment" value="x"/>"#,
      adjust: { $0.customFields = [SimulatedField(id: "environment", name: "Environment", kind: .richText)] },
      finding: "mapping.xml:15:1: error: Jira has no field 'enviroment'; did you mean 'environment'?"),
    Broken(
      name: "a field named by its name", adding: #"<field jira="severity" value="Low"/>"#,
      adjust: {
        $0.customFields = [SimulatedField(id: "customfield_10042", name: "Severity", kind: .option(["Low", "High"]))]
      },
      finding: "mapping.xml:15:1: error: Jira has no field 'severity'; 'Severity' is the name of 'customfield_10042', "
        + "and the mapping must say that"),
    Broken(
      name: "a format that the field is not for", adding: #"<field jira="customfield_10042" value="Low"/>"#,
      adjust: {
        $0.customFields = [SimulatedField(id: "customfield_10042", name: "Severity", kind: .option(["Low", "High"]))]
      },
      finding:
        "mapping.xml:15:1: error: Severity (customfield_10042) is a choice of one in SUP / Task, and as=\"text\" "
        + "is for a line of text; write as=\"option\""),
    Broken(
      name: "a pair whose value the field does not take", changes: [("jira=\"Highest\"", "jira=\"Hihgest\"")],
      finding: "mapping.xml:6:5: error: priority does not take 'Hihgest' in SUP / Task; did you mean 'Highest'?"),
    Broken(
      name: "an otherwise whose value the field does not take",
      changes: [("<pair crm=\"P3\" jira=\"Medium\"/>", "<otherwise crm=\"P3\" jira=\"Normal\"/>")],
      finding: "mapping.xml:6:64: error: priority does not take 'Normal' in SUP / Task; it takes High, Highest, Low, "
        + "Lowest, Medium"),
    Broken(
      name: "a constant that the field does not take",
      adding: #"<field jira="customfield_10042" value="Lo" as="option"/>"#,
      adjust: {
        $0.customFields = [SimulatedField(id: "customfield_10042", name: "Severity", kind: .option(["Low", "High"]))]
      },
      finding: "mapping.xml:15:1: error: Severity (customfield_10042) does not take 'Lo' in SUP / Task; "
        + "did you mean 'Low'?"),
    Broken(
      name: "a default that the field does not take",
      adding: #"<field jira="components" crm="part" default="Chekout"/>"#,
      adjust: { $0.projects[0].components = ["Checkout"] },
      finding: "mapping.xml:15:1: error: components does not take 'Chekout' in SUP / Task; did you mean 'Checkout'?"),
    Broken(
      name: "a required field that the mapping never sets",
      adjust: { $0.projects[0].requiredFields = ["duedate"] },
      finding: "mapping.xml:2:3: error: SUP / Task requires Due date (duedate), and this mapping never sets it; "
        + "add <field jira=\"duedate\" …/>"),
    Broken(
      name: "labels that are not on the create screen", adjust: { $0.projects[0].notOnCreateScreen = ["labels"] },
      finding: "mapping.xml:2:3: error: labels are not on the create screen of SUP / Task; each issue carries a label "
        + "by which it is found again, so Jira would refuse them all"),
    Broken(
      name: "a status that the workflow does not have", changes: [("\"In Progress\"", "\"In progres\"")],
      finding: "mapping.xml:10:5: error: the workflow of SUP / Task has no status 'In progres'; "
        + "did you mean 'In Progress'?"),
    Broken(
      name: "a resolution that the site does not have", changes: [("resolution=\"Done\"", "resolution=\"Doen\"")],
      finding: "mapping.xml:11:5: error: Jira has no resolution 'Doen'; did you mean 'Done'?"),
    Broken(
      name: "a status of the workflow for which no pair leads back",
      adjust: {
        $0.projects[0].workflow.statuses.append(.init(id: "10003", name: "Review", category: .indeterminate))
      },
      finding: "mapping.xml:8:3: warning: issues of SUP / Task can stand in Review, for which there is no <pair> and "
        + "no <otherwise crm=\"…\"/>: the case then keeps its status"),
  ]

  @Test("What would fail with the first case is found before", arguments: broken)
  func beforeAnyCase(_ broken: Broken) async throws {
    let world = try await Self.world(
      mapping: World.mapping(broken.changes, adding: broken.adding), adjust: broken.adjust)
    let findings = try await Self.findings(world)
    #expect(findings.contains(broken.finding), "\(findings)")
  }

  @Test("A field that left the edit screen, and a screen that asks for one on the way, are seen at an issue")
  func atAnIssue() async throws {
    let world = try await Self.world {
      $0.customFields = [SimulatedField(id: "customfield_1", name: "Root", kind: .text)]
    }
    try await world.openCase()
    world.jira.change(project: "SUP") {
      $0.notOnEditScreen = ["description"]
      $0.workflow.transitions[0].screen = ["customfield_1"]
      $0.workflow.transitions[0].required = ["customfield_1"]
    }
    let found = try await Self.findings(world)
    #expect(
      found == [
        "mapping.xml:4:3: error: description is not on the edit screen of SUP / Task (seen at SUP-1), so Jira "
          + "would refuse its changes",
        "mapping.xml:10:5: error: the way to 'In Progress' in SUP / Task requires Root (customfield_1); give the pair a "
          + "<screen field=\"customfield_1\" value=\"…\"/>",
      ])
  }

  @Test("That no transition leads to a status is said once every other status had an issue to look at")
  func unreachable() async throws {
    let world = try await Self.world { $0.projects[0].workflow.transitions.removeAll { $0.to == "To Do" } }
    for (number, status) in ["In Progress", "Done"].enumerated() {
      try await world.openCase()
      #expect(try await Self.findings(world) == [])
      for target in ["In Progress", "Done"].prefix(number + 1) {
        try world.jira.transition(issue: "SUP-\(number + 1)", as: "acc-dev", to: target, now: world.clock.now)
      }
      #expect(world.status(of: number) == status)
    }
    world.clock.advance(by: .seconds(700))
    let found = try await Self.findings(world)
    #expect(
      found == [
        "mapping.xml:9:5: error: no transition of SUP / Task leads to 'To Do', from any of its other statuses"
      ])
  }

  @Test("What one person may not do is a warning, and what nobody may do an error, at the rule that needs it")
  func permissions() async throws {
    let world = try await Self.world()
    let usual = SimulatedPermission.usual
    world.jira.setPermissions(usual.subtracting([.comment]), of: "acc-mark", in: "SUP")
    let some = try await Self.findings(world)
    #expect(
      some == [
        "mapping.xml:13:3: warning: Mark may not change comments in SUP (EDIT_OWN_COMMENTS)",
        "mapping.xml:13:3: warning: Mark may not comment in SUP (ADD_COMMENTS)",
      ])
    world.jira.setPermissions(usual.subtracting([.transition]), of: "acc-mark", in: "SUP")
    world.jira.setPermissions(usual.subtracting([.transition]), of: "acc-rohit", in: "SUP")
    let found = try await Self.findings(world)
    #expect(
      found == [
        "mapping.xml:8:3: error: Mark, Rohit may not move issues in SUP (TRANSITION_ISSUES), and nobody else can"
      ])
  }

  @Test("Who may change and delete everybody's comments may do so with their own")
  func widerPermissions() async throws {
    let world = try await Self.world(
      mapping: World.mapping([(#"<comments sync="both"/>"#, #"<comments sync="both" deletions="both"/>"#)]))
    let granted = SimulatedPermission.usual.subtracting([.comment])
    world.jira.setPermissions(granted.union([.editAllComments]), of: "acc-mark", in: "SUP")
    let some = try await Self.findings(world)
    #expect(
      some == [
        "mapping.xml:13:3: warning: Mark may not comment in SUP (ADD_COMMENTS)",
        "mapping.xml:13:3: warning: Mark may not delete comments in SUP (DELETE_OWN_COMMENTS)",
      ])
    world.jira.setPermissions(granted.union([.editAllComments, .deleteAllComments]), of: "acc-mark", in: "SUP")
    let rest = try await Self.findings(world)
    #expect(rest == ["mapping.xml:13:3: warning: Mark may not comment in SUP (ADD_COMMENTS)"])
  }

  @Test("What a screen on the way to a status sets takes the permission of its field")
  func screenPermissions() async throws {
    let mapping = World.mapping([
      (
        #"<pair crm="Closed" jira="Done" resolution="Done"/>"#,
        #"<pair crm="Closed" jira="Done"><screen field="reporter" value="{opener}" as="user"/></pair>"#
      )
    ])
    #expect(mapping.contains("<screen"))
    let world = try await Self.world(mapping: mapping)
    let found = try await Self.findings(world)
    #expect(found.contains { $0.hasSuffix("may not set 'reporter' in SUP (MODIFY_REPORTER), and nobody else can") })
  }

  @Test("Who does not see the project lacks that alone; a service user that only reads needs nothing more")
  func unseen() async throws {
    let world = try await Self.world()
    world.jira.setPermissions([], of: "acc-mark", in: "SUP")
    world.jira.setPermissions([.browse], of: "acc-sync", in: "SUP")
    let found = try await Self.findings(world)
    #expect(
      found == [
        "mapping.xml:2:3: warning: Mark may not see the project in SUP (BROWSE_PROJECTS)"
      ])
  }

  @Test("A reporter that the service user may not set is no field that is missing")
  func reporter() async throws {
    let world = try await Self.world(
      mapping: World.mapping(adding: #"<field jira="reporter" crm="opener" as="user"/>"#))
    let found = try await Self.findings(world)
    #expect(
      found == [
        "mapping.xml:15:1: error: Mark, Rohit may not set 'reporter' in SUP (MODIFY_REPORTER), and nobody else can"
      ])
  }

  @Test("Where nobody has connected, the finding says what to do; a lapsed connection is said as such")
  func connections() async throws {
    let world = try World()
    let found = try await Self.findings(world)
    #expect(
      found == [
        "crm.xml:1:1: error: nobody has connected to https://sandbox.atlassian.net yet, so Jira cannot be asked; "
          + "connect the service user 1 with the link that this prints: counterpart users connect-url --connection "
          + "acme --user 1"
      ])
    try await world.connectAll()
    world.jira.revokeGrants(of: "acc-mark")
    world.clock.advance(by: .seconds(4000))
    let lapsed = try await Self.findings(world)
    #expect(
      lapsed == [
        "crm.xml:1:1: warning: Mark must connect again; until then what they do is held, and was not checked"
      ])
  }

  @Test("Where people are looked up, the service user must have connected, and may browse users")
  func lookUps() async throws {
    let world = try World(connection: "look-up-people=\"yes\"")
    try await world.connect(World.rohit, as: "acc-rohit")
    #expect(
      try await Self.findings(world) == [
        "crm.xml:1:1: warning: the service user has not connected, so nobody can be looked up in Jira (look-up-people)"
      ])
    try await world.connectAll()
    #expect(try await Self.findings(world) == [])
    // That somebody else may not matters to nobody.
    world.jira.setBrowsesUsers(false, of: "acc-rohit")
    #expect(try await Self.findings(world) == [])
    world.jira.setBrowsesUsers(false, of: "acc-sync")
    #expect(
      try await Self.findings(world) == [
        "crm.xml:1:1: warning: Sync (the service user) may not browse users and groups (USER_PICKER), so nobody can be "
          + "looked up in Jira (look-up-people); an admin of Jira gives this global permission"
      ])
  }

  @Test("Where nobody is looked up, the permission to browse users is not asked for")
  func noLookUps() async throws {
    let world = try await Self.world()
    world.jira.setBrowsesUsers(false, of: "acc-sync")
    #expect(try await Self.findings(world) == [])
  }

  @Test("It changes nothing, takes few requests, and a second check within ten minutes takes none")
  func polite() async throws {
    let world = try await Self.world()
    try await world.openCase()
    world.jira.clearLog()
    let check = Self.check(world)
    let first = try await check.run(World.connection)
    #expect(first.requests == world.jira.log.count)
    #expect(first.requests == 10)
    #expect(first.people == 3)
    #expect(world.jiraWrites == [])
    let second = try await check.run(World.connection)
    #expect(second.requests == 0)
    #expect(second.remembered == 10)
    world.clock.advance(by: .seconds(601))
    #expect(try await check.run(World.connection).requests == 10)
  }

  @Test("A short limit is waited for; a long one ends the check, which says so")
  func limits() async throws {
    let world = try await Self.world()
    let start = world.clock.now
    world.jira.arm(
      ArmedFault(.rateLimited(reason: "jira-burst-based", retryAfter: .seconds(20)), pathSuffix: "/mypermissions"))
    #expect(try await Self.findings(world) == [])
    #expect(world.clock.now - start >= .seconds(20))
    world.jira.arm(
      ArmedFault(.rateLimited(reason: "jira-quota-global-based", retryAfter: .seconds(1800)), pathSuffix: "/issuetypes")
    )
    let findings = try await Self.findings(world)
    #expect(
      findings.contains(
        "crm.xml:1:1: warning: the check of the site ended early: Jira's hourly quota is used up for 1800 s; check again "
          + "in 1800 seconds"), "\(findings)")
  }

  @Test("A site that cannot be reached is said as that, and not as connections that ended")
  func unreachableSite() async throws {
    let world = try await Self.world()
    world.jira.arm(ArmedFault(.refusedConnection, pathSuffix: "/mypermissions"))
    let report = try await Self.check(world).run(World.connection)
    #expect(report.requests == 1)
    #expect(report.end?.hasPrefix("Jira could not be reached: ") == true)
    #expect(
      report.findings.map(\.description) == [
        "crm.xml:1:1: error: Jira could not be asked: \(report.end ?? "")"
      ])
  }

  @Test("An access token that Jira refuses is refreshed once, as for any request")
  func refreshed() async throws {
    let world = try await Self.world()
    world.jira.endAccessTokens(of: "acc-sync")
    #expect(try await Self.findings(world) == [])
  }
}
