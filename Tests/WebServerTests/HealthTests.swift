import HTTPTypes
import HummingbirdTesting
import MappingLanguage
import SyncEngine
import SyncModel
import SyncStore
import Testing

@testable import WebServer

struct HealthTests {
  @Test("A live process says so")
  func live() async throws {
    let response = try await TestInstallation().withClient { try await $0.execute(uri: "/health/live", method: .get) }
    #expect(response.status == .ok)
    #expect(response.text == "ok\n")
  }

  @Test("Refused mappings do not make the process unready: the last good ones run on")
  func readyWithOldMappings() async throws {
    let installation = try TestInstallation()
    installation.live.refuse([Diagnostic(.error, at: SourcePosition(file: "a.xml", line: 1), "wrong")])
    let response = try await installation.withClient { try await $0.execute(uri: "/health/ready", method: .get) }
    #expect(response.status == .ok)
    #expect(
      response.text
        == #"{"database":{"writable":true},"mappings":{"diagnostics":1,"good":false,"#
        + #""note":"the last good version keeps running"}}"# + "\n")
  }

  @Test("The metrics count what needs a person")
  func metrics() async throws {
    let installation = try TestInstallation()
    try await installation.makeOperation(as: .dead, reason: "refused")
    let response = try await installation.withClient { try await $0.execute(uri: "/metrics", method: .get) }
    #expect(response.text.contains("\ncounterpart_operations{state=\"dead\"} 1\n"))
    #expect(response.text.contains("\ncounterpart_links 1\n"))
  }

  @Test(
    "Every answer carries the security headers, errors included",
    arguments: [
      "/health/live", "/admin", "/admin/sign-in", "/nothing", "/api/v1/events", "/connect/acme", Stylesheet.path,
    ]
  )
  func securityHeaders(_ address: String) async throws {
    let response = try await TestInstallation().withClient { try await $0.execute(uri: address, method: .get) }
    #expect(response.headers[.contentSecurityPolicy] == SecurityHeaders.policy)
    #expect(response.headers[.xContentTypeOptions] == "nosniff")
    #expect(response.headers[.frameOptions] == "DENY")
    #expect(response.headers[.referrerPolicy] != nil)
  }

  @Test("An unknown address gets a page, and JSON below the API; neither repeats the address")
  func notFound() async throws {
    try await TestInstallation().withClient { client in
      let page = try await client.execute(uri: "/nothing?code=secret", method: .get)
      #expect(page.status == .notFound)
      #expect(page.headers[.contentType] == "text/html; charset=utf-8")
      #expect(!page.text.contains("secret"))
      let json = try await client.execute(uri: "/api/v1/nothing", method: .get)
      #expect(json.status == .notFound)
      #expect(json.headers[.contentType] == "application/json")
    }
  }
}
