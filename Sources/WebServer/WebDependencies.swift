package import SyncEngine
package import SyncModel
package import SyncStore

/// What the routes work with.
package struct WebDependencies: Sendable {
  package var services: Services
  package var intake: Intake
  package var connect: ConnectFlow
  /// Opens the admin pages and the API; nil: the API is closed, and the pages are too outside the sandbox.
  package var adminToken: Secret?
  /// Without a slash at the end; links and cookies are built from it, never from the request's `Host`.
  package var publicURL: String
  /// The admin pages need no sign-in when there is no admin token either.
  package var isSandbox: Bool
  package var bodyLimitBytes: Int
  package var bodyDeadline: Duration
  package var clock: @Sendable () -> Timestamp
  /// Runs one reconciliation of a connection and says in a sentence how it went; nil: the pages do not offer it.
  package var runReconcile: (@Sendable (ConnectionName) async -> String)?
  /// Holds a connection's mappings against its Jira site; nil: the pages do not offer it.
  package var checkSite: (@Sendable (ConnectionName) async throws -> SiteCheck)?

  package init(
    services: Services, intake: Intake, connect: ConnectFlow, adminToken: Secret?, publicURL: String,
    isSandbox: Bool = false, bodyLimitBytes: Int = 1 << 20, bodyDeadline: Duration = .seconds(10),
    clock: @escaping @Sendable () -> Timestamp, runReconcile: (@Sendable (ConnectionName) async -> String)? = nil,
    checkSite: (@Sendable (ConnectionName) async throws -> SiteCheck)? = nil
  ) {
    self.services = services
    self.intake = intake
    self.connect = connect
    self.adminToken = adminToken
    self.publicURL = publicURL
    self.isSandbox = isSandbox
    self.bodyLimitBytes = bodyLimitBytes
    self.bodyDeadline = bodyDeadline
    self.clock = clock
    self.runReconcile = runReconcile
    self.checkSite = checkSite
  }

  var isHTTPS: Bool { publicURL.hasPrefix("https://") }
}
