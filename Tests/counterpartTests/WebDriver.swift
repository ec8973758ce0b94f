import Foundation
import Glibc
import JSON
import Outbound
import Testing
import Wire

@testable import counterpart

/// Chromium without a screen, driven over WebDriver (https://www.w3.org/TR/webdriver2/) by its own `chromedriver`.
final class WebDriver {
  private let process: Process
  private let transport: HTTPTransport
  private let url: String
  private let folder: String
  private var session = ""

  /// Where the driver is; nil: it is not installed, or Chromium is not.
  static let program: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    func found(_ name: String) -> String? {
      folders.map { $0 + "/" + name }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
    return found("chromium") == nil ? nil : found("chromedriver")
  }()

  /// Starts a browser that knows no host but this machine.
  init() async throws {
    let program = try #require(Self.program)
    folder = FileManager.default.temporaryDirectory.appending(path: "counterpart-browser-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let port = try FreePorts.find(1, from: 0)[0]
    url = "http://127.0.0.1:\(port)"
    let (origin, driver) = (url, Process())
    transport = HTTPTransport(limits: HTTPTransport.Limits(deadline: .seconds(60))) { [origin] }
    driver.executableURL = URL(filePath: program)
    driver.arguments = ["--port=\(port)"]
    (driver.standardOutput, driver.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try driver.run()
    process = driver
    for _ in 0..<200 {
      // It is not listening yet: it is asked again in a moment.
      if let answer = try? await transport.send(WireRequest(.get, url + "/status")), answer.status == 200 { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    let flags: [JSONValue] = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
      "--disable-component-update", "--no-first-run", .string("--user-data-dir=" + folder),
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]
    let answer = try await command(
      "/session",
      [
        "capabilities": [
          "alwaysMatch": [
            "browserName": "chrome", "goog:chromeOptions": ["args": .array(flags)],
            "goog:loggingPrefs": ["browser": "ALL", "performance": "ALL"],
          ]
        ]
      ])
    session = "/session/" + (try #require(answer["sessionId"]?.string))
  }

  func quit() async {
    // Ends the browser, whatever it answers; the driver takes no other signal for an end.
    _ = try? await transport.send(WireRequest(.delete, url + session))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    await transport.shutdown()
    try? FileManager.default.removeItem(atPath: folder)
  }

  func open(_ address: String) async throws { _ = try await command(session + "/url", ["url": .string(address)]) }

  /// Clicks what an XPath finds, as a person does: it must be visible and nothing may cover it.
  func click(_ xpath: String) async throws {
    let found = try await command(session + "/element", ["using": "xpath", "value": .string(xpath)])
    let id = try #require(found.members?.first?.value.string)
    _ = try await command(session + "/element/\(id)/click", [:])
  }

  /// What a script returns.
  func run(_ script: String) async throws -> JSONValue {
    try await command(session + "/execute/sync", ["script": .string(script), "args": []])
  }

  /// A command of the DevTools protocol.
  func devTools(_ name: String, _ parameters: JSONValue) async throws {
    _ = try await command(session + "/goog/cdp/execute", ["cmd": .string(name), "params": parameters])
  }

  /// What was logged since the last time it was asked.
  func log(_ kind: String) async throws -> [JSONValue] {
    try await command(session + "/se/log", ["type": .string(kind)]).array ?? []
  }

  func screenshot() async throws -> Data {
    let answer = try await get(session + "/screenshot")
    return Data(base64Encoded: answer.string ?? "") ?? Data()
  }

  var address: String { get async throws { try await get(session + "/url").string ?? "" } }

  private func get(_ path: String) async throws -> JSONValue {
    try value(try await transport.send(WireRequest(.get, url + path)))
  }

  private func command(_ path: String, _ body: JSONValue) async throws -> JSONValue {
    let type = WireHeader("Content-Type", "application/json")
    return try value(try await transport.send(WireRequest(.post, url + path, headers: [type], body: body.utf8)))
  }

  private func value(_ answer: WireResponse) throws -> JSONValue {
    let body = try JSONReader.read(answer.body)
    guard answer.status == 200, let value = body["value"] else {
      throw CommandError("the browser: \(body["value"]?["message"]?.string ?? "answered \(answer.status)")")
    }
    return value
  }
}
