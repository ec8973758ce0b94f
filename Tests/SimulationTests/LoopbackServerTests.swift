import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1
import ServiceLifecycleTestKit
import Simulation
import SyncModel
import Testing
import Wire

@Suite("The simulated systems over loopback")
struct LoopbackServerTests {
  /// Runs a server for as long as the body takes, with a client that follows no redirects.
  private func serving(
    _ server: (@escaping @Sendable (Int) async -> Void) -> LoopbackServer,
    _ body: @Sendable (HTTPClient, String) async throws -> Void
  ) async throws {
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let server = server { continuation.yield($0) }
    // Not cancelled: a connection that was just accepted would take the process with it (apple/swift-nio#2637).
    try await testGracefulShutdown { trigger in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        for await port in ports {
          let configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
          try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            try await body(client, "http://127.0.0.1:\(port)")
          }
          break
        }
        trigger.triggerGracefulShutdown()
        try await group.waitForAll()
      }
    }
  }

  @Test("Requests reach the simulated Jira whole, and its answers come back whole")
  func jira() async throws {
    let sandbox = JiraSandbox()
    let token = try sandbox.tokens(JiraSandbox.rohit)["access_token"]?.string ?? ""
    let now = sandbox.now
    let jira = sandbox.jira
    try await serving {
      LoopbackServer(jira, port: 0, clock: { now }, onReady: $0)
    } _: { client, origin in
      var request = HTTPClientRequest(url: origin + "/ex/jira/\(jira.configuration.cloudID)/rest/api/3/issue")
      request.method = .POST
      request.headers.add(name: "Authorization", value: "Bearer " + token)
      let fields: JSONValue = [
        "fields": ["project": ["key": "SUP"], "issuetype": ["name": "Bug"], "summary": "Über & über"]
      ]
      request.body = .bytes(ByteBuffer(bytes: fields.utf8))
      let made = try await client.execute(request, timeout: .seconds(10))
      let body = try await JSONReader.read(Array(made.body.collect(upTo: 1 << 20).readableBytesView))
      #expect(made.status.code == 201)
      #expect(body["self"]?.string == origin + "/ex/jira/\(jira.configuration.cloudID)/rest/api/3/issue/10001")
      let page = try await client.execute(HTTPClientRequest(url: origin + "/browse/SUP-1"), timeout: .seconds(10))
      let html = try await String(buffer: page.body.collect(upTo: 1 << 20))
      #expect(html.contains("Über &amp; über"))
    }
  }

  @Test("A lost answer ends the connection after the request took effect")
  func lost() async throws {
    let crm = SimulatedCRM(configuration: SimulatedCRMTests.configuration())
    let now = SimulatedCRMTests.now
    let id = try crm.openCase(as: "u-rohit", subject: "Printer", now: now)
    crm.arm(ArmedFault(.lostAfterApply, pathSuffix: "/comments"))
    try await serving {
      LoopbackServer(crm, port: 0, clock: { now }, onReady: $0)
    } _: { client, origin in
      var request = HTTPClientRequest(url: origin + "/api/cases/\(id)/comments")
      request.method = .POST
      request.headers.add(name: "Authorization", value: "Bearer key")
      request.body = .bytes(ByteBuffer(string: "{\"body\":\"Hello\"}"))
      await #expect(throws: (any Error).self) {
        let answer = try await client.execute(request, timeout: .seconds(10))
        _ = try await answer.body.collect(upTo: 1 << 20)
      }
      #expect(crm.state["cases"]?[0]?["comments"]?.array?.count == 1)
    }
  }

  @Test("A fault armed at the control address strikes once")
  func armedFault() throws {
    let sandbox = JiraSandbox()
    let fault: JSONValue = ["fault": "unavailable", "method": "GET", "pathSuffix": "/myself"]
    let armed = sandbox.jira.respond(
      to: WireRequest(.post, JiraSandbox.origin + "/simulated/faults", body: fault.utf8), now: sandbox.now)
    let token = try sandbox.tokens(JiraSandbox.rohit)["access_token"]?.string ?? ""
    #expect(armed.status == 204)
    #expect(try sandbox.call(.get, "myself", token: token).status == 503)
    #expect(try sandbox.call(.get, "myself", token: token).status == 200)
    #expect(sandbox.jira.log.suffix(2).map(\.template) == ["/rest/api/3/myself", "/rest/api/3/myself"])
    #expect(sandbox.jira.log.suffix(2).map(\.status) == [503, 200])
  }

  @Test("A driver plays the people through JSON and sees the whole state")
  func control() async throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    func post(_ path: String, _ body: JSONValue) -> Int {
      sandbox.jira.respond(
        to: WireRequest(.post, JiraSandbox.origin + "/simulated/issues/" + path, body: body.utf8), now: sandbox.now
      ).status
    }
    let account: JSONValue = "account-developer"
    #expect(post("\(id)/comment", ["account": account, "value": "Fixed"]) == 200)
    #expect(post("SUP-1/transition", ["account": account, "value": "In Progress"]) == 200)
    #expect(post("SUP-1/transition", ["account": account, "value": "To Do"]) == 400)
    let state = sandbox.jira.state["issues"]?[0]
    #expect(state?["status"] == "In Progress")
    #expect(state?["creator"]?["name"] == "Rohit")
    #expect(state?["comments"]?[0]?["author"]?["name"] == "Developer")
    #expect(state?["comments"]?[0]?["text"] == "Fixed")
  }
}
