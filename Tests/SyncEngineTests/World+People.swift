import JSON
import Simulation
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// For stories in which the help desk's description holds who a case is assigned to, by the CRM's id; the mapping is
/// ``PeopleBothWaysTests/mapping``.
extension World {
  /// Whom the first issue is assigned to.
  var assignee: String? { issues.first?["fields"]?["assignee"]?.text }

  /// Rohit assigns a case.
  func assign(_ id: CaseID, to user: String) async throws {
    clock.advance(by: .seconds(60))
    try crm.edit(id, as: "7", fields: [("description", user)], now: clock.now)
    try await settle()
  }

  /// Dana assigns the first issue in Jira.
  func assignIssue(_ account: JSONValue) async throws {
    clock.advance(by: .seconds(60))
    let key = try #require(issues.first?["key"]?.string)
    try jira.edit(issue: key, as: "acc-dev", fields: ["assignee": account], now: clock.now)
    clock.advance(by: .seconds(10))
    _ = try await reconcile()
  }

  /// The lines of a case's story.
  func lines(_ id: CaseID) async throws -> [String] { try await story(id).lines.map(\.text) }

  /// The CRM's texts mention people from now on.
  ///
  /// - Parameter form: the profile's `<mention>`.
  func mention(_ form: String, mapping: String, connection: String = "", site: String = World.site) throws {
    let profile = String(decoding: try Fixtures.bytes("mappings/crm/generic.xml"), as: UTF8.self)
      .replacing("<text markup=\"plain\"/>", with: "<text markup=\"plain\">\(form)</text>")
    services.live.replace(
      with: try World.installation(mapping: mapping, connection: connection, profile: profile, site: site))
  }
}
