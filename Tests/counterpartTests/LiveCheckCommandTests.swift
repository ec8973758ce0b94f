import Foundation
import JSON
import ServiceLifecycleTestKit
import Simulation
import SyncEngine
import SyncModel
import SyncStore
import Testing
import TokenVault
import Wire

@testable import counterpart

/// `check --live` as it ships: its own reading of folder, database and keys, and the real client, over HTTP to a
/// simulated site.
@Suite("check --live, over HTTP")
struct LiveCheckCommandTests {
  struct Scene: Sendable, CustomTestStringConvertible {
    var name: String
    /// In the mapping.
    var changes: [(String, String)] = []
    /// On the site, once its issues are there.
    var adjust: @Sendable (SimulatedJira) -> Void = { _ in }
    var connected = ["sync", "rohit", "mark"]
    /// The lines, without the folder.
    var lines: [String]
    var last: String
    var testDescription: String { name }
  }

  static let mapping = """
    <mapping xmlns="urn:counterpart:mapping:1" name="support" crm="acme">
      <route project="SUP" issue-type="Task"/>
      <field jira="summary" value="[{number}] {subject}"/>
      <field jira="customfield_1" crm="severity" as="option" default="Minor"/>
      <status crm="status">
        <pair crm="New" jira="To Do"/>
        <pair crm="Closed" jira="Done" resolution="Done">
          <screen field="customfield_2" as="option" value="Bug"/>
        </pair>
      </status>
      <comments sync="to-jira" edits="none"/>
    </mapping>
    """

  static let usual = SimulatedPermission.usual
  static let fine = "4 documents: 0 errors, 0 warnings"
  static let oneError = "4 documents: 1 errors, 0 warnings"
  static let oneWarning = "4 documents: 0 errors, 1 warnings"

  static let scenes: [Scene] = [
    Scene(name: "a mapping that fits", lines: [], last: fine),
    Scene(
      name: "a project that is not there", changes: [("\"SUP\"", "\"SUPP\"")],
      lines: [
        "mapping.xml:2:3: error: nobody who has connected sees a project 'SUPP' in Jira; did you mean 'SUP'?"
      ], last: oneError),
    Scene(
      name: "a field that is not on the create screen",
      adjust: { $0.change(project: "SUP") { $0.notOnCreateScreen = ["customfield_1"] } },
      lines: [
        "mapping.xml:4:3: error: Severity (customfield_1) is not on the create screen of SUP / Task, so Jira would "
          + "refuse the whole issue"
      ], last: oneError),
    Scene(
      name: "a value that the field does not take", changes: [("\"Minor\"", "\"Minr\"")],
      lines: [
        "mapping.xml:4:3: error: Severity (customfield_1) does not take 'Minr' in SUP / Task; did you mean 'Minor'?"
      ], last: oneError),
    Scene(
      name: "a required field that the mapping never sets",
      adjust: { $0.change(project: "SUP") { $0.requiredFields = ["duedate"] } },
      lines: [
        "mapping.xml:2:3: error: SUP / Task requires Due date (duedate), and this mapping never sets it; add <field "
          + "jira=\"duedate\" …/>"
      ], last: oneError),
    Scene(
      name: "a status to which no transition leads",
      adjust: { $0.change(project: "SUP") { $0.workflow.transitions.removeAll { $0.to == "Done" } } },
      lines: [
        "mapping.xml:7:5: error: no transition of SUP / Task leads to 'Done', from any of its other statuses"
      ], last: oneError),
    Scene(
      name: "a screen that does not take its value", changes: [("\"Bug\"", "\"Bugg\"")],
      lines: [
        "mapping.xml:8:7: error: Cause (customfield_2) does not take 'Bugg' on the way to 'Done' in SUP / Task; did you "
          + "mean 'Bug'?"
      ], last: oneError),
    Scene(
      name: "a screen whose field is of another kind", changes: [("as=\"option\" value=\"Bug\"", "value=\"Bug\"")],
      lines: [
        "mapping.xml:8:7: error: Cause (customfield_2) is a choice of one on the way to 'Done' in SUP / Task, and "
          + "as=\"text\" is for a line of text; write as=\"option\""
      ], last: oneError),
    Scene(
      name: "a screen that nobody shows",
      adjust: { $0.change(project: "SUP") { $0.workflow.transitions[1].screen = ["resolution"] } },
      lines: [
        "mapping.xml:8:7: warning: no way to 'Done' in SUP / Task that was seen shows customfield_2, so it is not set"
      ], last: oneWarning),
    Scene(
      name: "a permission that one lacks",
      adjust: { $0.setPermissions(usual.subtracting([.comment]), of: "acc-mark", in: "SUP") },
      lines: ["mapping.xml:11:3: warning: Mark may not comment in SUP (ADD_COMMENTS)"], last: oneWarning),
    Scene(
      name: "issues that nobody may delete", changes: [("</mapping>", "<deletion case=\"delete\"/></mapping>")],
      lines: [
        "mapping.xml:12:1: error: Mark, Rohit may not delete issues in SUP (DELETE_ISSUES), and nobody else can"
      ], last: oneError),
    Scene(
      name: "a status for deleted cases that the workflow does not have",
      changes: [("</mapping>", "<deletion case=\"close\" status=\"Closed\" resolution=\"Gone\"/></mapping>")],
      lines: [
        "mapping.xml:12:1: error: the workflow of SUP / Task has no status 'Closed'; it has Done, In Progress, To Do"
      ], last: oneError),
    Scene(
      name: "create metadata that nobody is shown",
      adjust: { jira in
        for account in ["acc-sync", "acc-rohit", "acc-mark"] {
          jira.setPermissions(usual.subtracting([.create]), of: AccountID(account), in: "SUP")
        }
      },
      lines: [
        "mapping.xml:2:3: error: Mark, Rohit may not create issues in SUP (CREATE_ISSUES), and nobody else can",
        "mapping.xml:2:3: warning: nobody who has connected may create issues in SUP, and Jira shows its issue types and "
          + "fields only to who may, so they were not checked; give one of them the permission to create issues "
          + "(CREATE_ISSUES) there",
      ], last: "4 documents: 1 errors, 1 warnings"),
    Scene(
      name: "an issue type's screen that Jira does not hand out",
      adjust: { $0.arm(ArmedFault(.forbidden, pathSuffix: "/issuetypes/10001")) },
      lines: [
        "mapping.xml:2:3: warning: the create screen of SUP / Task could not be read as Sync (the service user), and so "
          + "was not checked: Jira: not permitted: not permitted; Jira shows this to who may create issues "
          + "(CREATE_ISSUES) in SUP, so give Sync (the service user) that permission there"
      ], last: oneWarning),
    Scene(
      name: "people without a connection", connected: [],
      lines: [
        "crm.xml:1:1: error: nobody has connected to https://sandbox.atlassian.net yet, so Jira cannot be asked; connect "
          + "the service user 1 with the link that this prints: counterpart users connect-url --connection acme --user 1"
      ], last: oneError),
    Scene(
      name: "a person whose connection ended", adjust: { $0.revokeGrants(of: "acc-mark") },
      lines: [
        "crm.xml:1:1: warning: Mark must connect again; until then what they do is held, and was not checked"
      ], last: oneWarning),
  ]

  @Test("Every finding is one line at its place", arguments: scenes)
  func lines(_ scene: Scene) async throws {
    let folder = try TestFolder()
    defer { folder.remove() }
    var mapping = Self.mapping
    for (old, new) in scene.changes { mapping = mapping.replacingOccurrences(of: old, with: new) }
    try folder.write("mapping.xml", mapping)
    let jira = Self.site()
    let settings = try await Self.settings(folder, jira, connected: scene.connected)
    scene.adjust(jira)
    let text = try await Self.serving(jira) { port in
      try folder.write("site.xml", Self.siteDocument(port))
      var result = try CheckResult([folder.path])
      try await result.add(LiveFindings(folder: folder.path, connection: nil, settings: settings))
      return result.text
    }
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.dropLast(2) == scene.lines.map { "\(folder.path)/\($0)" }[...])
    let asked = scene.connected.isEmpty ? "acme: Jira was not asked" : "acme: asked Jira as "
    #expect(lines.suffix(2).first?.hasPrefix(asked) == true)
    #expect(lines.last == scene.last)
  }

  // MARK: - The site

  private static func siteDocument(_ port: Int) -> String {
    """
    <jira xmlns="urn:counterpart:jira:1" name="sandbox" kind="cloud" site="https://sandbox.atlassian.net">
      <service-user ref="1"/>
      <addresses api="http://127.0.0.1:\(port)" token="http://127.0.0.1:\(port)/oauth/token"/>
    </jira>
    """
  }

  /// A project whose way to Done asks for a cause.
  private static func site() -> SimulatedJira {
    var project = SimulatedProject(key: "SUP", name: "Support")
    project.workflow.transitions[1].screen = ["resolution", "customfield_2"]
    var configuration = SimulatedJiraConfiguration(
      clientID: "client", clientSecret: Secret("app-secret"), redirectURI: "http://127.0.0.1:8080/oauth/callback",
      accounts: ["sync", "rohit", "mark"].map {
        SimulatedAccount(id: AccountID("acc-\($0)"), name: $0.capitalized, email: "\($0)@example.com")
      }, projects: [project])
    configuration.customFields = [
      SimulatedField(id: "customfield_1", name: "Severity", kind: .option(["Minor", "Major"])),
      SimulatedField(id: "customfield_2", name: "Cause", kind: .option(["Bug", "Question"])),
    ]
    configuration.searchLag = .zero
    return SimulatedJira(configuration: configuration)
  }

  /// A database in which these have connected, and an issue of Rohit's in every status.
  private static func settings(
    _ folder: TestFolder, _ jira: SimulatedJira, connected: [String]
  ) async throws -> Settings {
    let key = KeyRing.newKey()
    let settings = try Settings(environment: [
      "COUNTERPART_DATABASE": folder.path + "/server.sqlite", "COUNTERPART_KEY": key,
      "COUNTERPART_JIRA_CLIENT_ID": "client", "COUNTERPART_JIRA_CLIENT_SECRET": "app-secret",
      "COUNTERPART_LOG_LEVEL": "critical",
    ])
    let now = SystemClock.now
    let store = try Store(path: settings.database)
    let vault = Vault(keys: try KeyRing(text: key))
    for (index, name) in ["sync", "rohit", "mark"].enumerated() where connected.contains(name) {
      let user = CRMUser(id: CRMUserID(["1", "7", "8"][index]), name: name.capitalized, email: "\(name)@example.com")
      let tokens = try tokens(of: AccountID("acc-\(name)"), jira, now)
      var grant = StoredGrant(
        connection: "acme", user: user, account: AccountID("acc-\(name)"), accountName: name.capitalized, timeZone: nil,
        cloudID: jira.configuration.cloudID, scopes: scopes, state: .active, lapseReason: nil,
        expiresAt: now + .seconds(3600), connectedAt: now)
      grant.accessToken = try vault.seal(Secret(tokens.access), for: grant.label(.accessToken))
      grant.refreshToken = try vault.seal(Secret(tokens.refresh), for: grant.label(.refreshToken))
      _ = try await store.connect(grant, now: now)
    }
    try store.close()
    let token = try tokens(of: "acc-rohit", jira, now).access
    for status in ["To Do", "In Progress", "Done"] {
      let fields: JSONValue = [
        "fields": ["project": ["key": "SUP"], "issuetype": ["name": "Task"], "summary": .string(status)]
      ]
      let made = jira.respond(
        to: WireRequest(
          .post, "http://jira.example.com/ex/jira/\(jira.configuration.cloudID)/rest/api/3/issue",
          headers: [WireHeader("Authorization", "Bearer " + token)], body: fields.utf8), now: now)
      let issue = try #require(try JSONReader.read(made.body)["key"]?.string)
      if status != "To Do" { try jira.transition(issue: issue, as: "acc-rohit", to: "In Progress", now: now) }
      if status == "Done" { try jira.transition(issue: issue, as: "acc-rohit", to: "Done", now: now) }
    }
    return settings
  }

  private static let scopes = ["read:jira-work", "write:jira-work", "read:jira-user", "offline_access"]

  private static func tokens(
    of account: AccountID, _ jira: SimulatedJira, _ now: Timestamp
  ) throws -> (access: String, refresh: String) {
    let code = jira.authorizationCode(for: account, scopes: scopes, now: now)
    let body: JSONValue = [
      "grant_type": "authorization_code", "code": .string(code), "client_id": "client", "client_secret": "app-secret",
      "redirect_uri": "http://127.0.0.1:8080/oauth/callback",
    ]
    let answer = jira.respond(
      to: WireRequest(
        .post, "http://jira.example.com/oauth/token", headers: [WireHeader("Content-Type", "application/json")],
        body: body.utf8), now: now)
    let json = try JSONReader.read(answer.body)
    return (
      try #require(json["access_token"]?.string), try #require(json["refresh_token"]?.string)
    )
  }

  /// Serves the site for as long as the body takes.
  private static func serving(
    _ jira: SimulatedJira, _ body: @escaping @Sendable (Int) async throws -> String
  ) async throws -> String {
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let server = LoopbackServer(jira, port: 0, clock: { SystemClock.now }, onReady: { continuation.yield($0) })
    // Not cancelled: a connection that was just accepted would take the process with it (apple/swift-nio#2637).
    return try await testGracefulShutdown { trigger in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        var iterator = ports.makeAsyncIterator()
        let text = try await body(try #require(await iterator.next()))
        trigger.triggerGracefulShutdown()
        try await group.waitForAll()
        return text
      }
    }
  }
}
