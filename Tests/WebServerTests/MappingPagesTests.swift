import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import MappingLanguage
import SyncEngine
import SyncModel
import SyncStore
import Testing

@testable import WebServer

struct MappingPagesTests {
  private func file(_ text: String) -> MappingFile {
    MappingFile(SourceFile(path: "support.xml", bytes: Array(text.utf8)))
  }

  /// Two versions, the second of which runs.
  private func prepared() async throws -> TestInstallation {
    let installation = try TestInstallation()
    let now = TestInstallation.now
    _ = try await installation.store.goLive([file("<a>\n<b/>\n</a>\n")], origin: .start, now: now)
    var running = installation.live.current
    running.version = try await installation.store.goLive(
      [file("<a>\n<c x=\"</pre><script>\"/>\n</a>\n")], origin: .edit, now: now)
    installation.live.replace(with: running)
    return installation
  }

  private func page(_ address: String, of installation: TestInstallation) async throws -> TestResponse {
    try await installation.withClient { client in
      let cookie = try await AdminTests.signIn(client).cookiePair
      return try await client.execute(uri: address, method: .get, headers: [.cookie: cookie])
    }
  }

  @Test("The page of the mappings shows what runs, since when, and the versions before it")
  func list() async throws {
    let text = try await page("/admin/mappings", of: prepared()).text
    #expect(text.contains("<a href=\"/admin/mappings/versions/2\">Version 2</a>, edited, live since"))
    #expect(text.contains("<a href=\"/admin/mappings/versions/1\">Version 1</a>"))
    #expect(text.contains("found at the start"))
  }

  @Test("A version's page shows what changed from the one before, or from another, and runs nothing of it")
  func difference() async throws {
    let installation = try await prepared()
    let text = try await page("/admin/mappings/versions/2", of: installation).text
    #expect(text.contains("What changed from version 1"))
    #expect(text.contains("<span class=\"removed\">-&lt;b/&gt;</span>"))
    #expect(text.contains("<span class=\"added\">+&lt;c x=&quot;&lt;/pre&gt;&lt;script&gt;&quot;/&gt;</span>"))
    let first = try await page("/admin/mappings/versions/1", of: installation).text
    #expect(first.contains("Compare it with what runs now, version 2"))
    #expect(try await page("/admin/mappings/versions/1?with=2", of: installation).text.contains("from version 2"))
    for address in ["/admin/mappings/versions/9", "/admin/mappings/versions/x", "/admin/mappings/versions/2?with=7"] {
      #expect(try await page(address, of: installation).status == .notFound)
    }
  }

  @Test("Health names the version that runs, also while newer files are refused")
  func health() async throws {
    let installation = try await prepared()
    installation.live.refuse([
      Diagnostic(.error, at: SourcePosition(file: "support.xml", line: 2), "element 'rout': it may not stand here")
    ])
    let ready = try await installation.withClient { try await $0.execute(uri: "/health/ready", method: .get) }
    let mappings = try JSONReader.read(Array(ready.text.utf8))["mappings"]
    #expect(ready.status == .ok)
    #expect(mappings?["version"]?.int == 2 && mappings?["good"]?.bool == false)
    #expect(mappings?["note"]?.string == "the last good version keeps running")
    let text = try await page("/admin/mappings", of: installation).text
    #expect(text.contains("support.xml:2: element &#39;rout&#39;: it may not stand here"))
  }
}
