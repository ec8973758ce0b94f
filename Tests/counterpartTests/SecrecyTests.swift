import Foundation
import Glibc
import JSON
import Outbound
import Simulation
import SyncModel
import Testing
import Wire

@testable import counterpart

/// semantics.md, promise 9: a whole story through a server process, with everything that it writes and shows searched.
@Suite("Secrets stay secret")
struct SecrecyTests {
  static let adminToken = "planted-admin-token-5f0d1c"

  /// A server with both far sides, a browser, and everything that was shown to somebody.
  struct Scene {
    let server: BenchServer
    let sides: FarSides
    let transport: HTTPTransport
    let secrets = PlantedSecrets()
    var admin = ""

    init() throws {
      let ports = try FreePorts.find(2, from: 0)
      let (jira, crm) = ("http://127.0.0.1:\(ports[0])", "http://127.0.0.1:\(ports[1])")
      let given = SandboxWorld.secrets[SandboxWorld.connection] ?? [:]
      let bundle = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      server = try BenchServer(
        documents: SandboxWorld.documents(jiraURL: jira, crmURL: crm),
        settings: [
          "COUNTERPART_ADMIN_TOKEN": SecrecyTests.adminToken, "COUNTERPART_LOG_LEVEL": "trace",
          "COUNTERPART_RECONCILE_EVERY": "1s", "SANDBOX_WEBHOOK": given["webhook"]?.first?.reveal() ?? "",
          "SANDBOX_API": given["api"]?.first?.reveal() ?? "",
          "SANDBOX_CONNECT": given["connect"]?.first?.reveal() ?? "",
          "SWIFT_BACKTRACE": "enable=yes,interactive=no,color=no,registers=all,threads=all",
        ], executable: bundle.appending(path: "counterpart").path)
      // Tokens are so short-lived that each operation has a new one.
      sides = FarSides(jiraPort: ports[0], crmPort: ports[1], counterpartURL: server.url) {
        $0.accessTokenLife = .seconds(100)
      }
      transport = SandboxWorld.transport(to: [server.url, jira, crm])
      for (kind, values) in given { for value in values { secrets.plant(kind, value.reveal()) } }
      secrets.plant("client secret", SandboxWorld.clientSecret.reveal())
      secrets.plant("admin token", SecrecyTests.adminToken)
      secrets.plant("encryption key", try String(contentsOfFile: server.folder + "/keys", encoding: .utf8))
    }

    var browser: RecordingTransport { RecordingTransport(base: transport, secrets: secrets) }

    func connect(_ user: CRMUser, as account: AccountID) async throws {
      let link = try #require(sides.crm.connectLink(for: user.id, now: SystemClock.now))
      try await SandboxBrowser(transport: browser, jiraURL: sides.jiraURL).connect(link, as: account)
    }

    func get(_ path: String, _ headers: [WireHeader] = []) async throws -> WireResponse {
      try await browser.send(WireRequest(.get, server.url + path, headers: headers))
    }

    func post(_ path: String, _ form: [(String, String)], _ headers: [WireHeader] = []) async throws -> WireResponse {
      let type = WireHeader("Content-Type", "application/x-www-form-urlencoded")
      return try await browser.send(
        WireRequest(.post, server.url + path, headers: [type] + headers, body: Array(URLEncoding.query(form).utf8)))
    }

    func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
      for _ in 0..<600 {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(50))
      }
      Issue.record("this did not come true: \(what)")
    }

    /// Everything that Atlassian has issued so far.
    func plantTokens() {
      let sessions = sides.jira.snapshot["sessions"]
      for (kind, name) in ["access": "access", "refresh": "refresh", "codes": "code"] {
        for entry in sessions?[kind]?.array ?? [] { secrets.plant(name, entry["token"]?.string ?? "") }
      }
    }

    /// The program run once, with what it printed to both outputs.
    func run(_ arguments: [String]) async throws -> [UInt8] {
      let process = try server.command(arguments)
      let pipe = Pipe()
      process.standardOutput = pipe
      process.standardError = pipe
      try process.run()
      let output = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return Array(output)
    }
  }

  @Test("No secret stands in a log, a page, an answer, a command's output, a crash's output or the database")
  func search() async throws {
    let scene = try Scene()
    defer { try? scene.server.remove() }
    _ = try await scene.server.start()
    try await scene.sides.serving(transport: scene.transport) {
      try await live(scene)
      for (name, bytes) in try await shown(scene) { expectNone(scene, in: bytes, name) }
      scene.server.abort()
      try await scene.eventually("the server told of its crash") {
        let log = FileManager.default.contents(atPath: scene.server.log) ?? Data()
        return !scene.server.isRunning || log.range(of: Data("Backtrace took".utf8)) != nil
      }
      scene.server.crash()
      scene.plantTokens()
      for (name, bytes) in try written(scene) { expectNone(scene, in: bytes, name) }
    }
    await scene.transport.shutdown()
    #expect(
      scene.secrets.kinds == [
        "webhook", "api", "connect", "client secret", "admin token", "encryption key", "cookie", "state", "code",
        "signature", "access", "refresh",
      ])
    #expect(scene.secrets.count > 25)
  }

  /// People connect, write and are refused; Atlassian fails, loses answers and ends tokens.
  private func live(_ scene: Scene) async throws {
    let (jira, crm) = (scene.sides.jira, scene.sides.crm)
    try await scene.connect(SandboxWorld.service, as: SandboxWorld.serviceAccount)
    try await scene.connect(SandboxWorld.rohit, as: SandboxWorld.rohitAccount)
    let id = try crm.openCase(
      as: SandboxWorld.rohit.id, subject: "Checkout", description: "Error", priority: "P2", now: SystemClock.now)
    try await scene.eventually("an issue") { jira.state["issues"]?.array?.count == 1 }
    scene.plantTokens()
    for fault: Fault in [.htmlError(status: 502), .malformed, .lostAfterApply, .brokenAfterApply] {
      jira.arm(ArmedFault(fault, method: "POST", pathSuffix: "/oauth/token"))
      // It strikes him, or the refresh of a run that is under way.
      try? await scene.connect(SandboxWorld.mark, as: SandboxWorld.markAccount)
    }
    for fault: Fault in [.unauthorised, .malformed, .lostAfterApply] {
      jira.arm(ArmedFault(fault, method: "POST", pathSuffix: "/comment"))
    }
    _ = try crm.comment(on: id, as: SandboxWorld.rohit.id, text: "It fails", now: SystemClock.now)
    _ = try crm.comment(on: id, as: SandboxWorld.mark.id, text: "On the phone, too", now: SystemClock.now)
    try await scene.eventually("Rohit's comment") {
      jira.state["issues"]?.array?.first?["comments"]?.array?.isEmpty == false
    }
    jira.revokeGrants(of: SandboxWorld.rohitAccount)
    _ = try crm.comment(on: id, as: SandboxWorld.rohit.id, text: "Still", now: SystemClock.now)
    try await wrongTurns(scene)
  }

  /// What people send that is not in order, with real secrets in it.
  private func wrongTurns(_ scene: Scene) async throws {
    let link = try #require(scene.sides.crm.connectLink(for: SandboxWorld.mark.id, now: SystemClock.now))
    let start = try await scene.browser.send(WireRequest(.get, link))
    let cookie = WireHeader(
      "Cookie", String(start.header("Set-Cookie")?.split(separator: ";").first ?? ""))
    let state = try #require(
      URLEncoding.pairs(of: start.header("Location")?.split(separator: "?").last ?? "")?.first { $0.name == "state" })
    let scopes = ["read:jira-work"]
    let code = scene.sides.jira.authorizationCode(for: SandboxWorld.markAccount, scopes: scopes, now: SystemClock.now)
    let back = "/oauth/callback?code=\(code)&state=\(state.value)"
    var answers: [WireResponse] = []
    for headers in [[], [WireHeader("Cookie", "counterpart-connect=" + String(repeating: "b", count: 64))], [cookie]] {
      answers.append(try await scene.get(back, headers))
    }
    answers.append(try await scene.get(back + "&state=" + state.value, [cookie]))
    answers.append(try await scene.get("/nothing" + back, [cookie]))
    answers.append(try await scene.get("/admin/cases/\(code)/\(state.value)"))
    answers.append(try await scene.post("/connect/confirm", [("state", state.value), ("code", code)], [cookie]))
    answers.append(try await scene.post("/admin/sign-in", [("token", "wrong" + Self.adminToken)]))
    answers.append(try await scene.post("/webhooks/helpdesk", [("token", Self.adminToken)]))
    answers.append(
      try await scene.get("/api/v1/events?limit=\(code)", [WireHeader("Authorization", "Bearer \(code)")]))
    #expect(answers.allSatisfy { $0.status >= 300 })
    for (index, answer) in answers.enumerated() { expectNone(scene, in: answer.body, "wrong turn \(index)") }
  }

  /// All that people and programs read.
  private func shown(_ scene: Scene) async throws -> [(String, [UInt8])] {
    let signedIn = try await scene.post("/admin/sign-in", [("token", Self.adminToken)])
    let cookie = WireHeader(
      "Cookie", String(signedIn.header("Set-Cookie")?.split(separator: ";").first ?? ""))
    let bearer = WireHeader("Authorization", "Bearer " + Self.adminToken)
    var all: [(String, [UInt8])] = []
    let pages = [
      "", "/events", "/events/1", "/events/2", "/work", "/people", "/mappings", "/mappings/versions/1", "/site",
      "/cases/helpdesk/1", "/nothing",
    ]
    for page in pages { all.append(("/admin" + page, try await scene.get("/admin" + page, [cookie]).body)) }
    for path in ["events", "operations", "grants", "cases/1", "causes", "fields/frozen", "site-checks", "openapi.json"]
    {
      let answer = try await scene.get("/api/v1/" + path, [bearer])
      #expect(answer.status == 200, "\(path)")
      all.append((path, answer.body))
    }
    for path in ["/metrics", "/health/ready", "/health/live"] { all.append((path, try await scene.get(path).body)) }
    for command in [
      ["explain", "1"], ["explain", "1", "--json"], ["users", "list"], ["users", "list", "--json"], ["events", "list"],
      ["check"], ["check", "--live"], ["keys", "list"], ["mappings", "list"], ["serve"], ["--help"],
      ["serve", "--help"],
    ] {
      let output = try await scene.run(command)
      #expect(!output.isEmpty, "\(command)")
      all.append((command.joined(separator: " "), output))
    }
    return all
  }

  /// All that is on disk, but for the keys themselves.
  private func written(_ scene: Scene) throws -> [(String, [UInt8])] {
    let names = try FileManager.default.contentsOfDirectory(atPath: scene.server.folder).filter { $0 != "keys" }
    #expect(names.contains("counterpart.sqlite") && names.contains("counterpart.sqlite-wal"))
    let log = try #require(FileManager.default.contents(atPath: scene.server.log))
    for words in [" trace ", "A step of connecting", "request answered"] {
      #expect(log.range(of: Data(words.utf8)) != nil, "\(words)")
    }
    return names.compactMap { name in
      FileManager.default.contents(atPath: scene.server.folder + "/" + name).map { (name, Array($0)) }
    }
  }

  private func expectNone(_ scene: Scene, in bytes: [UInt8], _ place: String) {
    let found = scene.secrets.found(in: bytes)
    // A page of the person's own that goes on by a form holds what the form needs.
    #expect(found.isEmpty, "\(found.sorted()) in \(place)")
  }
}
