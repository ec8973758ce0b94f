import Foundation
import JSON
import Logging
import MappingLanguage
import Outbound
import SyncEngine
import SyncModel
import SyncStore
import TokenVault

/// `check --live`: a folder's mappings held against their Jira sites, with the grants of the server's database.
struct LiveFindings {
  let folder: String
  /// Nil: all of them.
  let connection: String?
  /// The server's.
  let settings: Settings

  /// - Returns: nothing where the documents are wrong: what is not even a mapping cannot be held against a site.
  func reports() async throws -> [LiveCheck.Report] {
    let files = try MappingsFolder(path: folder, environment: [:]).files()
    let secrets = MappingsFolder(path: folder, environment: Environment.variables).secret
    guard let set = MappingSet.compile(files: files).set else { return [] }
    let names = try chosen(from: set)
    guard let keys = settings.keys else {
      throw CommandError(
        "COUNTERPART_KEY or COUNTERPART_KEY_FILE must hold the server's encryption key: Jira is asked with the "
          + "connections in its database")
    }
    let ring = try KeyRing(text: keys.reveal())
    let store = try Environment.store(settings)
    return try await withLogger(LogOutput.logger(settings)) { _ in
      var installation = Installation(mappings: set, secrets: [:])
      installation.clientSecrets = Installation.clientSecrets(of: set, secret: secrets)
      let composition = Composition(settings: settings, store: store, installation: installation, keys: ring)
      let check = composition.liveCheck
      var reports: [LiveCheck.Report] = []
      for name in names {
        reports.append(try await check.run(name, progress: { Self.show("\(name): asking Jira about \($0)") }))
      }
      Self.show("")
      await composition.transport.shutdown()
      try composition.store.close()
      return reports
    }
  }

  private func chosen(from set: MappingSet) throws -> [ConnectionName] {
    let all = set.connections.keys.sorted()
    guard let connection else { return all }
    guard all.contains(ConnectionName(connection)) else {
      throw CommandError(
        "there is no connection '\(connection)'; there are: \(all.map(\.rawValue).joined(separator: ", "))")
    }
    return [ConnectionName(connection)]
  }

  /// On a terminal, one line that is written over; nothing elsewhere.
  private static func show(_ words: String) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K\(words)".utf8))
  }

  static func words(_ report: LiveCheck.Report) -> String {
    guard report.people > 0 else { return "\(report.connection): Jira was not asked" }
    return "\(report.connection): asked Jira as \(report.people) \(report.people == 1 ? "person" : "people"), in "
      + "\(report.requests) requests"
  }

  static func json(_ report: LiveCheck.Report) -> JSONValue {
    [
      "connection": .string(report.connection.rawValue), "people": .integer(report.people),
      "requests": .integer(report.requests), "errors": .integer(report.errors),
      "warnings": .integer(report.warnings),
    ]
  }
}
