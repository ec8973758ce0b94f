import Foundation
import JSON
import Outbound
import SyncEngine
import SyncModel
import Testing
import Wire

@testable import counterpart

/// The pages as people see them: the sandbox, walked with a real browser.
@Suite("The pages in a browser", .enabled(if: WebDriver.program != nil, "Chromium and its driver are not installed"))
struct BrowserWalkTests {
  @Test("A person denies, connects, looks at their own page, disconnects and connects again; an admin sees everything")
  func walk() async throws {
    let sandbox = try await SandboxProcess()
    let browser = try await WebDriver()
    let walk = Walk(sandbox: sandbox, browser: browser)
    do {
      try await walk.prepare()
      try await walk.connect()
      try await walk.ownPage()
      try await walk.wrongTurns()
      try await walk.admin()
    } catch { Issue.record(error) }
    await browser.quit()
    await sandbox.stop()
  }
}

/// `counterpart sandbox` in a process and a folder of its own.
struct SandboxProcess {
  let folder: String
  let counterpart: String
  let jira: String
  let crm: String
  let transport: HTTPTransport
  private let process = Process()

  init() async throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "counterpart-walk-\(UUID().uuidString)").path
    let bundle = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    process.executableURL = bundle.appending(path: "counterpart")
    process.arguments = ["sandbox", "--folder", folder, "--port", "0"]
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    var ports: [Int64] = []
    for _ in 0..<400 where ports.count < 3 {
      // The folder is being made.
      let file = FileManager.default.contents(atPath: folder + "/sandbox.json").map { Array($0) }
      let json = file.flatMap { try? JSONReader.read($0) }
      ports = ["counterpart", "jira", "crm"].compactMap { json?[$0]?.int }
      try await Task.sleep(for: .milliseconds(50))
    }
    let urls = ports.map { "http://127.0.0.1:\($0)" }
    try #require(urls.count == 3)
    (counterpart, jira, crm) = (urls[0], urls[1], urls[2])
    transport = SandboxWorld.transport(to: Set(urls))
    for _ in 0..<400 {
      // Both of its people are connected before a person looks.
      let answer = try? await transport.send(WireRequest(.get, counterpart + "/metrics"))
      if answer.map({ String(decoding: $0.body, as: UTF8.self).contains("grants{state=\"active\"} 2\n") }) == true {
        return
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw CommandError("the sandbox did not become ready")
  }

  func stop() async {
    process.terminate()
    process.waitUntilExit()
    await transport.shutdown()
    try? FileManager.default.removeItem(atPath: folder)
  }
}
