import FoundationEssentials
import JSON
import SyncModel
import TokenVault

/// Where a sandbox keeps everything that must survive its end: ports, key, database, both simulated systems, mappings.
struct SandboxFolder {
  let path: String
  let counterpartPort: Int
  let jiraPort: Int
  let crmPort: Int
  let key: Secret
  let site: SandboxSite

  var counterpartURL: String { "http://127.0.0.1:\(counterpartPort)" }
  var jiraURL: String { "http://127.0.0.1:\(jiraPort)" }
  var crmURL: String { "http://127.0.0.1:\(crmPort)" }

  /// Opens a sandbox's folder, or makes one.
  ///
  /// - Parameters:
  ///   - port: Counterpart's own port for a new folder; the two systems take the next free ones.
  ///   - site: what Jira is; nil: what it is in the folder already, and Cloud in a new one.
  /// - Throws: ``CommandError`` where the folder's Jira is another.
  init(path: String, port: Int, site: SandboxSite? = nil) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path + "/mappings/crm", withIntermediateDirectories: true)
    let file = path + "/sandbox.json"
    if let data = FileManager.default.contents(atPath: file), let json = try? JSONReader.read(Array(data)),
      let counterpart = json["counterpart"]?.int, let jira = json["jira"]?.int, let crm = json["crm"]?.int,
      let key = json["key"]?.string
    {
      (counterpartPort, jiraPort, crmPort) = (Int(counterpart), Int(jira), Int(crm))
      self.key = Secret(key)
      let known = json["site"]?.string.flatMap(SandboxSite.init(rawValue:)) ?? .cloud
      guard site == nil || site == known else {
        throw CommandError(
          "the Jira in '\(path)' is of the kind \(known.rawValue); take another --folder, or delete this one")
      }
      self.site = known
    } else {
      self.site = site ?? .cloud
      let ports = try FreePorts.find(3, from: port)
      (counterpartPort, jiraPort, crmPort) = (ports[0], ports[1], ports[2])
      key = Secret(KeyRing.newKey())
      let json: JSONValue = [
        "counterpart": .integer(counterpartPort), "jira": .integer(jiraPort), "crm": .integer(crmPort),
        "key": .string(key.reveal()), "site": .string(self.site.rawValue),
      ]
      try Self.write(json.pretty, to: file)
    }
    for document in SandboxWorld.documents(jiraURL: jiraURL, crmURL: crmURL, site: self.site) {
      try Self.writeOnce(document.text + "\n", to: path + "/mappings/" + document.path)
    }
    let profile = String(decoding: PackageResources.generic_xml, as: UTF8.self)
    try Self.writeOnce(profile, to: path + "/mappings/crm/generic.xml")
  }

  /// The story that was played here has come to its end.
  var storyIsFinished: Bool { FileManager.default.fileExists(atPath: path + "/story-finished") }

  func finishStory() throws { try Self.write("yes\n", to: path + "/story-finished") }

  /// Empties a folder that a sandbox made, so that the next one begins anew.
  static func clear(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path + "/sandbox.json") else { return }
    try FileManager.default.removeItem(atPath: path)
  }

  var environment: [String: String] {
    let secrets = SandboxWorld.secrets[SandboxWorld.connection] ?? [:]
    return [
      "SANDBOX_WEBHOOK": secrets["webhook"]?.first?.reveal() ?? "",
      "SANDBOX_API": secrets["api"]?.first?.reveal() ?? "",
      "SANDBOX_CONNECT": secrets["connect"]?.first?.reveal() ?? "",
      "SANDBOX_JIRA_CLIENT_SECRET": SandboxWorld.clientSecret.reveal(),
    ]
  }

  func settings() throws -> Settings {
    var settings = try Settings(environment: [
      "COUNTERPART_LISTEN": "127.0.0.1:\(counterpartPort)", "COUNTERPART_DATABASE": path + "/counterpart.sqlite",
      "COUNTERPART_MAPPINGS": path + "/mappings", "COUNTERPART_JIRA_CLIENT_ID": SandboxWorld.clientID,
      "COUNTERPART_RECONCILE_EVERY": "5s", "COUNTERPART_LOG_LEVEL": "warning",
    ])
    settings.jiraClientSecret = SandboxWorld.clientSecret
    settings.keys = key
    return settings
  }

  private static func writeOnce(_ text: String, to file: String) throws {
    if !FileManager.default.fileExists(atPath: file) { try write(text, to: file) }
  }

  private static func write(_ text: String, to file: String) throws {
    try Data(text.utf8).write(to: URL(filePath: file), options: .atomic)
  }
}
