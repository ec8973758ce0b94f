import FoundationEssentials
import JSON
import Simulation
import SyncModel
import Testing
import Wire

@Suite("Simulated systems that outlive their process")
struct PersistenceTests {
  @Test("Every applied request is in the file before its answer is given")
  func stateFile() throws {
    var random = SystemRandomNumberGenerator()
    let path = FileManager.default.temporaryDirectory.appending(path: "simulated-\(random.next() as UInt64).json").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = StateFile(path: path)
    #expect(try file.load() == nil)
    let jira = SimulatedJira(configuration: JiraSandbox.configuration) { file.save($0) }
    let id = try jira.createIssue(
      in: "SUP", as: JiraSandbox.rohit, fields: ["summary": "Printer", "description": "Line 1\r\nLine 2"],
      now: JiraSandbox.start)
    try jira.comment(issue: id.rawValue, as: JiraSandbox.developer, text: "Fixed", now: JiraSandbox.start)
    let again = SimulatedJira(configuration: JiraSandbox.configuration, restoring: try file.load())
    #expect(again.snapshot == jira.snapshot)
    #expect(again.state["issues"]?[0]?["comments"]?[0]?["text"] == "Fixed")
  }

  @Test("A snapshot goes on where it was taken: new ids do not repeat old ones")
  func idsGoOn() throws {
    let sandbox = JiraSandbox()
    _ = try sandbox.issue("First")
    let again = SimulatedJira(configuration: JiraSandbox.configuration, restoring: sandbox.jira.snapshot)
    let id = try again.createIssue(in: "SUP", as: JiraSandbox.mark, fields: ["summary": "Second"], now: sandbox.now)
    #expect(id == "10002")
    #expect(again.state["issues"]?.array?.map { $0["key"] } == ["SUP-1", "SUP-2"])
  }
}

@Suite("The delivery sender")
struct DeliverySenderTests {
  /// Refuses the first attempt, then takes everything.
  private struct Receiver: Transport {
    let order = Order()
    let taken: AsyncStream<Void>.Continuation

    func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
      order.note(request.header("webhook-id") ?? "")
      guard order.notes.count > 1 else { throw .notSent("Refused.") }
      taken.yield()
      return WireResponse(status: 202)
    }
  }

  @Test("A delivery that was refused is sent again under its id until it is taken")
  func sendsUntilTaken() async throws {
    let crm = SimulatedCRM(configuration: SimulatedCRMTests.configuration())
    try crm.openCase(as: "u-rohit", subject: "Printer", now: SimulatedCRMTests.now)
    let (takes, continuation) = AsyncStream<Void>.makeStream()
    let receiver = Receiver(taken: continuation)
    // The clock is far enough ahead that the second attempt is due at once.
    let sender = DeliverySender(
      crm, transport: receiver,
      clock: { SimulatedCRMTests.now + .seconds(60 * receiver.order.notes.count) }, interval: .milliseconds(1))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await sender.run() }
      for await _ in takes { break }
      group.cancelAll()
      try await group.waitForAll()
    }
    #expect(receiver.order.notes == ["msg_1", "msg_1"])
  }
}
