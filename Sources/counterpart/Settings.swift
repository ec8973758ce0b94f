import FoundationEssentials
import JSON
import MappingLanguage
import SyncCore
import SyncModel

/// What an installation is told by its environment, or by the JSON file that `COUNTERPART_CONFIG` names.
///
/// The environment wins. Unknown keys and values that cannot be read are errors, and all of them are reported at once:
/// a misspelt key must not become a silent default.
struct Settings: Sendable {
  var listen = Endpoint(host: "127.0.0.1", port: 8080)
  var publicURL = ""
  var database = "counterpart.sqlite"
  var mappings = "mappings"
  /// The encryption keys, one per line; nil: none are set.
  var keys: Secret?
  /// The file that they were read from; nil: they were given themselves.
  var keyFile: String?
  var adminToken: Secret?
  var jiraClientID: String?
  var jiraClientSecret: Secret?
  var bodyLimitBytes = 1 << 20
  var workers = 32
  var reconcileEvery = Duration.seconds(60)
  /// How often Atlassian is asked for new tokens, at most.
  var refreshesPerSecond = 20
  /// What Atlassian gives the app for an hour, and which part of it is kept for what people do.
  var points = PointsBudget()
  /// Of the bursts that Atlassian publishes, this much is used.
  var burstPercent = 90
  /// For how long the bodies of finished deliveries are kept.
  var retentionDays = 30
  /// Nil: the mappings are held against their Jira sites only when somebody asks for it.
  var liveCheckAt = DailyTime("03:30")
  var logLevel = "info"
  var logFormat = LogFormat.text

  enum LogFormat: String, CaseIterable { case text, json }

  struct Endpoint: Hashable, Sendable {
    var host: String
    var port: Int
  }

  /// Every key, with what it means; the README's table says the same.
  static let keys: [(name: String, meaning: String)] = [
    ("COUNTERPART_CONFIG", "a JSON file with these keys; the environment wins over it"),
    ("COUNTERPART_LISTEN", "host:port to listen on"),
    ("COUNTERPART_PUBLIC_URL", "the address that browsers and CRMs use; callback and links are built from it"),
    ("COUNTERPART_DATABASE", "the SQLite file"),
    ("COUNTERPART_MAPPINGS", "the folder of mappings, profiles and sites"),
    ("COUNTERPART_KEY", "encryption keys, one per line, the first is current"),
    ("COUNTERPART_KEY_FILE", "a file with them"),
    ("COUNTERPART_ADMIN_TOKEN", "opens the admin pages and the API"),
    ("COUNTERPART_ADMIN_TOKEN_FILE", "a file with it"),
    ("COUNTERPART_JIRA_CLIENT_ID", "the OAuth app's client id"),
    ("COUNTERPART_JIRA_CLIENT_SECRET", "the OAuth app's secret"),
    ("COUNTERPART_JIRA_CLIENT_SECRET_FILE", "a file with it"),
    ("COUNTERPART_BODY_LIMIT", "the largest delivery, in bytes"),
    ("COUNTERPART_WORKERS", "how many operations are carried out at once"),
    ("COUNTERPART_RECONCILE_EVERY", "how often Jira is polled, such as 60s or 5m"),
    ("COUNTERPART_REFRESHES_PER_SECOND", "how often Atlassian is asked for new tokens, at most"),
    ("COUNTERPART_POINTS_PER_HOUR", "the app's points at Atlassian, for one hour and all connections"),
    ("COUNTERPART_POINTS_FOR_PEOPLE", "how much of them is kept for what people do, in percent"),
    ("COUNTERPART_BURST_PERCENT", "how much is used of the bursts of requests that Atlassian allows, in percent"),
    ("COUNTERPART_RETENTION_DAYS", "how long the bodies of finished deliveries are kept, in days"),
    ("COUNTERPART_LIVE_CHECK_AT", "when the mappings are held against Jira, daily, such as 03:30 (UTC); or off"),
    ("COUNTERPART_LOG_LEVEL", "trace, debug, info, notice, warning, error or critical"),
    ("COUNTERPART_LOG_FORMAT", "text or json"),
  ]

  /// - Throws: ``SettingsError`` with everything that is wrong.
  init(environment: [String: String]) throws {
    var reader = SettingsReader(environment: environment)
    if let text = reader.text("COUNTERPART_LISTEN") {
      if let endpoint = Endpoint(text) {
        listen = endpoint
      } else {
        reader.refuse("COUNTERPART_LISTEN", "is no host:port, such as 127.0.0.1:8080")
      }
    }
    publicURL = "http://\(listen.host):\(listen.port)"
    if let text = reader.text("COUNTERPART_PUBLIC_URL") {
      publicURL = text.hasSuffix("/") ? String(text.dropLast()) : text
      if !["http://", "https://"].contains(where: { publicURL.hasPrefix($0) }) {
        reader.refuse("COUNTERPART_PUBLIC_URL", "must begin with https:// (or http:// on this machine)")
      }
    }
    database = reader.text("COUNTERPART_DATABASE") ?? database
    mappings = reader.text("COUNTERPART_MAPPINGS") ?? mappings
    keys = reader.secret("COUNTERPART_KEY")
    keyFile = reader.text("COUNTERPART_KEY_FILE")
    adminToken = reader.secret("COUNTERPART_ADMIN_TOKEN")
    jiraClientID = reader.text("COUNTERPART_JIRA_CLIENT_ID")
    jiraClientSecret = reader.secret("COUNTERPART_JIRA_CLIENT_SECRET")
    bodyLimitBytes = reader.number("COUNTERPART_BODY_LIMIT", in: 1024...(64 << 20)) ?? bodyLimitBytes
    workers = reader.number("COUNTERPART_WORKERS", in: 1...256) ?? workers
    if let text = reader.text("COUNTERPART_RECONCILE_EVERY") {
      if let duration = DurationText.read(text), duration >= .seconds(1) {
        reconcileEvery = duration
      } else {
        reader.refuse("COUNTERPART_RECONCILE_EVERY", "is no time, such as 60s or 5m")
      }
    }
    refreshesPerSecond = reader.number("COUNTERPART_REFRESHES_PER_SECOND", in: 1...1000) ?? refreshesPerSecond
    points.perHour = reader.number("COUNTERPART_POINTS_PER_HOUR", in: 100...1_000_000_000) ?? points.perHour
    points.percentForPeople =
      reader.number("COUNTERPART_POINTS_FOR_PEOPLE", in: 0...90) ?? points.percentForPeople
    burstPercent = reader.number("COUNTERPART_BURST_PERCENT", in: 1...100_000) ?? burstPercent
    retentionDays = reader.number("COUNTERPART_RETENTION_DAYS", in: 1...36_500) ?? retentionDays
    if let text = reader.text("COUNTERPART_LIVE_CHECK_AT") {
      liveCheckAt = DailyTime(text)
      if liveCheckAt == nil, text != "off" {
        reader.refuse("COUNTERPART_LIVE_CHECK_AT", "is no time of day, such as 03:30 (in UTC), and not off")
      }
    }
    logLevel = reader.text("COUNTERPART_LOG_LEVEL") ?? logLevel
    if !["trace", "debug", "info", "notice", "warning", "error", "critical"].contains(logLevel) {
      reader.refuse("COUNTERPART_LOG_LEVEL", "is none of trace, debug, info, notice, warning, error, critical")
    }
    if let text = reader.text("COUNTERPART_LOG_FORMAT") {
      if let format = LogFormat(rawValue: text) {
        logFormat = format
      } else {
        reader.refuse("COUNTERPART_LOG_FORMAT", "is neither text nor json")
      }
    }
    if !reader.problems.isEmpty { throw SettingsError(problems: reader.problems) }
  }

  /// Nothing that an installation needs was said: `make run` then starts the sandbox.
  static func isUnconfigured(_ environment: [String: String]) -> Bool {
    !environment.keys.contains { $0.hasPrefix("COUNTERPART_") }
  }
}

extension Settings.Endpoint {
  /// `host:port`, `[::1]:port` included.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard !host.isEmpty else { return nil }
    self.init(host: host, port: port)
  }
}

/// Everything that is wrong with the settings.
struct SettingsError: Error, CustomStringConvertible {
  var problems: [String]

  var description: String { problems.joined(separator: "\n") }
}
