import CustomDump
import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// `<attachments sync="to-crm|both">`.
@Suite("Files of an issue are attached to its case")
struct AttachmentsToCRMTests {
  private static let rule = #"<attachments sync="both" max-size="1KB" types="text/* image/png"/>"#

  private static func world(_ rule: String = AttachmentsToCRMTests.rule) async throws -> (World, CaseID) {
    let world = try World(mapping: World.mapping(adding: rule))
    try await world.connectAll()
    let id = try await world.openCase()
    _ = try await world.reconcile()
    world.jira.clearLog()
    world.crm.clearLog()
    return (world, id)
  }

  /// `public|internal name, type, size` of a case's files.
  private func files(_ world: World, _ id: CaseID) -> [String] {
    (world.caseState(id)?["attachments"]?.array ?? []).map { file in
      (file["public"]?.bool == true ? "public " : "internal ") + "\(file["name"]?.string ?? ""), "
        + "\(file["type"]?.string ?? ""), \(file["size"]?.text ?? "")"
    }
  }

  @Test("A file goes over whole, where customers do not see it, and does not come back")
  func attached() async throws {
    let (world, id) = try await Self.world()
    let content = (0..<600).map { UInt8(truncatingIfNeeded: $0 &* 7) } + Array("\r\n--counterpart\r\n".utf8)
    try world.jira.attach(
      to: "SUP-1", as: "acc-dev", name: #"a "b".png"#, type: "image/png", content: content, now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(files(world, id) == [#"internal a "b".png, image/png, \#(content.count)"#])
    #expect(world.crm.content(of: "901", on: id) == content)
    #expect(world.issues[0]["attachments"]?.array?.count == 1)
    let operation = try #require(try await world.story(id).operations.last)
    #expect(operation.kind == .addCaseAttachment)
    #expect(operation.actorName == "Dana Developer")
    try await world.expectQuiet()
    #expect(files(world, id).count == 1)
  }

  @Test("A file of the case's does not come back from its issue")
  func noEcho() async throws {
    let (world, id) = try await Self.world()
    try world.crm.attach(to: id, as: "8", name: "log.txt", content: [1, 2], now: world.clock.now)
    try await world.settle()
    #expect(world.issues[0]["attachments"]?.array?.count == 1)
    try await world.expectQuiet()
    #expect(files(world, id) == ["public log.txt, text/plain, 2"])
  }

  @Test("Where the mapping says so, customers see it; one direction alone leaves the other be")
  func publicAndOneWay() async throws {
    let (world, id) = try await Self.world(#"<attachments sync="to-crm" in-crm="public"/>"#)
    try world.crm.attach(to: id, as: "8", name: "case.txt", content: [1], now: world.clock.now)
    try world.jira.attach(to: "SUP-1", as: "acc-dev", name: "issue.txt", content: [1], now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(files(world, id) == ["public case.txt, text/plain, 1", "public issue.txt, text/plain, 1"])
    #expect(world.issues[0]["attachments"]?.array?.count == 1)
  }

  @Test("A file that the mapping does not take stays in Jira, and the story says why, once")
  func leftOut() async throws {
    let (world, id) = try await Self.world()
    try world.jira.attach(
      to: "SUP-1", as: "acc-dev", name: "secret-name", content: Array(repeating: 1, count: 1025), now: world.clock.now)
    try world.jira.attach(
      to: "SUP-1", as: "acc-dev", name: "secret-name", type: "video/mp4", content: [1], now: world.clock.now)
    for _ in 0..<2 {
      _ = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Look", now: world.clock.now)
      try await world.settle()
      _ = try await world.reconcile()
    }
    #expect(files(world, id) == [])
    #expect(
      try await world.story(id).lines.map(\.text).filter { $0.contains("left in Jira") } == [
        "a file of 1 KB was left in Jira: the mapping takes at most 1 KB",
        "a file of the type video/mp4 was left in Jira, as the mapping says",
      ])
  }

  struct Loss: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var fault: Fault
    var isAtJira = false
  }

  static let losses = [
    Loss(testDescription: "answer lost", fault: .lostAfterApply),
    Loss(testDescription: "answer unreadable", fault: .malformed),
    Loss(testDescription: "503", fault: .unavailable),
    Loss(testDescription: "refused connection", fault: .refusedConnection),
    Loss(testDescription: "Jira away", fault: .unavailable, isAtJira: true),
    Loss(testDescription: "Jira silent", fault: .lostAfterApply, isAtJira: true),
    Loss(testDescription: "the token is refused", fault: .unauthorised, isAtJira: true),
  ]

  @Test("Whatever goes wrong, the file is attached in the end, and once", arguments: losses)
  func lost(_ loss: Loss) async throws {
    let (world, id) = try await Self.world()
    if loss.isAtJira {
      world.jira.arm(ArmedFault(loss.fault, method: "GET", pathSuffix: "/50001"))
    } else {
      world.crm.arm(ArmedFault(loss.fault, method: "POST", pathSuffix: "/attachments"))
    }
    try world.jira.attach(
      to: "SUP-1", as: "acc-dev", name: "a.txt", content: Array("hello".utf8), now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    try await world.settle(for: .seconds(120))
    #expect(files(world, id) == ["internal a.txt, text/plain, 5"])
    #expect(try await world.store.operations(in: [.dead, .held, .waiting, .verifying, .ready], limit: 9) == [])
    try await world.expectQuiet()
    #expect(world.issues[0]["attachments"]?.array?.count == 1)
  }

  @Test("A file that is not there any more when it is fetched is a dead letter that says so")
  func goneMeanwhile() async throws {
    let (world, id) = try await Self.world()
    world.jira.arm(ArmedFault(.htmlError(status: 404), method: "GET", pathSuffix: "/50001"))
    try world.jira.attach(to: "SUP-1", as: "acc-dev", name: "a.txt", content: [1], now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    let dead = try await world.store.operations(in: [.dead], limit: 9)
    #expect(dead.map(\.kind) == [.addCaseAttachment])
    #expect(dead.first?.reason?.contains("Jira does not show the file any more") == true)
    #expect(files(world, id) == [])
  }
}
