import ArgumentParser
import Foundation
import Glibc
import JSON
import Outbound
import Simulation
import SyncEngine
import SyncModel
import Wire

/// The crash test of grants: a real server, killed between every two steps of connecting and of refreshing.
struct SimulateGrantCrash: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crash-grants",
    abstract: "Kills a real server with -9 between every two steps of connecting and of refreshing.",
    discussion: """
      Each person has opened a case before they connect. At each kill the server is started again, and the browser \
      repeats what it was doing; where that is too late, the person begins anew with a fresh link. In the end all are \
      connected, nobody's connection has lapsed, and each case has exactly one issue, by the person who opened it. A \
      refresh that was cut off is made again after its 45 seconds, which is what most of the time goes into.
      """)

  @Option(help: "How often the confirmation is killed at a random moment.") var confirmations = 10
  @Option(help: "The seed of the moments.") var seed: UInt64 = 1

  /// Where a server is killed while somebody connects.
  enum Stop: Hashable, Sendable {
    case afterLink, afterCallback, afterConfirmation
    /// In the middle of the confirmation, so many microseconds after it was sent.
    case confirming(Int)
    /// At a request to Atlassian.
    case request(String, FarSides.Moment)

    static let ofCallback: [Stop] = ["authorization_code", "/accessible-resources", "/myself"].flatMap {
      [.request($0, .arrived), .request($0, .applied)]
    }

    var words: String {
      switch self {
      case .afterLink: "after the link"
      case .afterCallback: "before the confirmation"
      case .afterConfirmation: "after the confirmation"
      case .confirming(let delay): "\(delay) µs into the confirmation"
      case .request(let what, .arrived): "before \(what)"
      case .request(let what, .applied): "after \(what), before its answer"
      }
    }
  }

  /// Where a server is killed while it refreshes: before and after Atlassian rotates, and around the first use of the pair.
  static let refreshStops: [(String, FarSides.Moment)] = [
    ("refresh_token", .arrived), ("refresh_token", .applied), ("/issue", .arrived), ("/issue", .applied),
  ]

  func run() async throws {
    var random = SeededRandom(seed: seed)
    let stops =
      [.afterLink] + Stop.ofCallback + [.afterCallback, .afterConfirmation]
      + (0..<confirmations).map { _ in .confirming(Int.random(in: 0...6000, using: &random)) }
    let people = stops.count + Self.refreshStops.count
    let ports = try FreePorts.find(2, from: 0)
    let server = try BenchServer(documents: BenchWork.documents(jiraURL: "http://127.0.0.1:\(ports[0])"))
    let sides = FarSides(jiraPort: ports[0], crmPort: ports[1], counterpartURL: server.url) { site in
      // Shorter than the margin: nothing is sent without a refresh before it.
      site.accessTokenLife = .seconds(100)
      site.accounts += (1...people).map {
        SimulatedAccount(id: AccountID("agent:\($0)"), name: "Agent \($0)", email: "agent\($0)@example.com")
      }
    }
    let scene = Scene(server: server, sides: sides, work: BenchWork(people: people, cases: people))
    defer { server.stop() }
    try await scene.sides.serving(transport: scene.transport) {
      _ = try await server.start()
      for (index, stop) in stops.enumerated() { try await connect(scene, person: index + 1, killing: stop) }
      for (index, stop) in Self.refreshStops.enumerated() {
        try await refresh(scene, person: stops.count + index + 1, killing: stop)
      }
      try await server.waitUntilPlanned(poll: .milliseconds(250))
      try await report(scene, people: people)
    }
    await scene.transport.shutdown()
    try server.remove()
  }

  private func connect(_ scene: Scene, person: Int, killing stop: Stop) async throws {
    try await scene.openCase(of: person)
    let wentOn = await scene.connects(person, killing: stop)
    if !wentOn { try await scene.connectAfresh(person) }
    Terminal.say("killed \(stop.words): the person \(wentOn ? "went on" : "began afresh")")
  }

  private func refresh(_ scene: Scene, person: Int, killing stop: (String, FarSides.Moment)) async throws {
    try await scene.connectAfresh(person)
    try scene.arm(stop.0, stop.1)
    try await scene.openCase(of: person)
    for _ in 0..<400 where !scene.trap.hasSprung { try await Task.sleep(for: .milliseconds(25)) }
    guard scene.trap.hasSprung else { throw CommandError("the server was never killed at \(stop)") }
    try await scene.restart()
    Terminal.say("killed \(stop.1 == .arrived ? "before" : "after") \(stop.0) of a refresh")
  }

  private func report(_ scene: Scene, people: Int) async throws {
    var problems: [String] = []
    let issues = scene.sides.jira.state["issues"]?.array ?? []
    for person in 1...people {
      let creators = issues.filter { $0["summary"]?.string == "[\(person - 1)] Benchmark case \(person - 1)" }
        .map { $0["creator"]?["name"]?.string ?? "nobody" }
      if creators != ["Agent \(person)"] { problems.append("the case of agent \(person) has issues by \(creators)") }
    }
    let metrics = String(
      decoding: try await scene.transport.send(WireRequest(.get, scene.server.url + "/metrics")).body, as: UTF8.self)
    for line in ["counterpart_grants{state=\"active\"} \(people)", "counterpart_grants{state=\"lapsed\"} 0"]
    where !metrics.contains(line + "\n") { problems.append("the metrics do not say: \(line)") }
    guard !problems.isEmpty else {
      return Terminal.say(
        "crash-grants: killed \(people) times, seed \(seed): everybody is connected, and each issue is there once")
    }
    for problem in problems { Terminal.say("  " + problem) }
    Terminal.say("crash-grants: seed \(seed): \(problems.count) promises broken; kept: \(scene.server.database)")
    throw ExitCode(1)
  }
}

extension SimulateGrantCrash {
  /// The server, both far sides, and the browsers of all people.
  struct Scene {
    let server: BenchServer
    let sides: FarSides
    let work: BenchWork
    let trap = KillTrap()
    let transport: HTTPTransport

    init(server: BenchServer, sides: FarSides, work: BenchWork) {
      (self.server, self.work) = (server, work)
      var watched = sides
      let trap = trap
      watched.watch = { trap.lets($0, at: $1) }
      self.sides = watched
      transport = SandboxWorld.transport(to: [server.url, sides.jiraURL, sides.crmURL])
    }

    private var browser: SandboxBrowser { SandboxBrowser(transport: transport, jiraURL: sides.jiraURL) }

    /// The case that a person opens in the CRM; it waits until they have connected.
    func openCase(of person: Int) async throws {
      let request = work.wire(person - 1, to: server.url)
      for _ in 0..<100 {
        // Killed in the middle of it: a CRM sends it again.
        if let answer = try? await transport.send(request), answer.status == 202 { return }
        if trap.hasSprung, !server.isRunning { return }
        try await Task.sleep(for: .milliseconds(30))
      }
      throw CommandError("the server did not take the case of agent \(person)")
    }

    func arm(_ what: String, _ moment: FarSides.Moment) throws {
      guard let process = server.processID else { throw CommandError("the server is not running") }
      trap.arm(process, moment) { request in
        if what.hasPrefix("/") { return request.url.hasSuffix(what) }
        return request.url.hasSuffix("/oauth/token") && String(decoding: request.body, as: UTF8.self).contains(what)
      }
    }

    func restart() async throws {
      server.crash()
      _ = try await server.start()
    }

    func connectAfresh(_ person: Int) async throws { try await browser.connect(link(person, 1), as: account(person)) }

    /// Connects, and kills the server at a certain moment; the browser repeats the step that this cut off.
    ///
    /// - Returns: whether the person is connected without beginning anew.
    func connects(_ person: Int, killing stop: Stop) async -> Bool {
      do {
        let (authorize, cookie) = try await browser.start(link(person, 0))
        if stop == .afterLink { try await restart() }
        let callback = try await browser.approve(authorize, as: account(person))
        if case .request(let what, let moment) = stop { try arm(what, moment) }
        let state = try await twice { try await browser.follow(callback, cookie: cookie) }
        if stop == .afterCallback { try await restart() }
        if case .confirming(let delay) = stop {
          guard let process = server.processID else { return false }
          async let killed: Void = Self.kill(process, after: .microseconds(delay))
          // Its answer may be lost, whatever came of it.
          try? await browser.confirm(callback, state: state, cookie: cookie)
          try await killed
          try await restart()
          return await isConnected(person)
        }
        try await browser.confirm(callback, state: state, cookie: cookie)
        if stop == .afterConfirmation { try await restart() }
        return true
      } catch { return false }
    }

    /// Does it again on a restarted server where it was cut off.
    private func twice<Value>(_ step: () async throws -> Value) async throws -> Value {
      do { return try await step() } catch let error as TransportFailure {
        guard trap.hasSprung else { throw error }
        try await restart()
        return try await step()
      }
    }

    private static func kill(_ process: Int32, after delay: Duration) async throws {
      try await Task.sleep(for: delay)
      Glibc.kill(process, SIGKILL)
    }

    private func isConnected(_ person: Int) async -> Bool {
      let headers = [WireHeader("Authorization", "Bearer bench")]
      let answer = try? await transport.send(WireRequest(.get, server.url + "/api/v1/grants", headers: headers))
      let grants = answer.flatMap { try? JSONReader.read($0.body) }?["grants"]?.array ?? []
      return grants.contains { $0["user"]?.string == "agent-\(person)" }
    }

    private func account(_ person: Int) -> AccountID { AccountID("agent:\(person)") }

    /// - Parameter attempt: two links of one second differ by it.
    private func link(_ person: Int, _ attempt: Int) -> String {
      let link = SignedLink(
        connection: SandboxWorld.connection,
        user: CRMUser(id: CRMUserID("agent-\(person)"), name: "Agent \(person)", email: "agent\(person)@example.com"),
        expires: SystemClock.now + .seconds(600 + attempt), secret: BenchServer.connectSecret)
      return "\(server.url)/connect/\(SandboxWorld.connection)?\(URLEncoding.query(link.query))"
    }
  }
}
