package import MappingLanguage
package import SyncModel
package import SyncStore
import Synchronization

/// Everything that admins wrote, compiled, with the secrets that it names.
package struct Installation: Sendable {
  package var mappings: MappingSet
  /// By connection and purpose; the first of a purpose is current.
  package var secrets: [ConnectionName: [String: [Secret]]]
  /// The secrets of Data Center sites' own OAuth clients, by site.
  package var clientSecrets: [String: Secret] = [:]
  /// What the newest files are found to be wrong in, while an older version keeps running (promise 8).
  package var diagnostics: [Diagnostic]
  /// The kept version that runs; nil where files run that nobody keeps, as in a preview.
  package var version: MappingVersion?

  package init(
    mappings: MappingSet, secrets: [ConnectionName: [String: [Secret]]], diagnostics: [Diagnostic] = [],
    version: MappingVersion? = nil
  ) {
    self.mappings = mappings
    self.secrets = secrets
    self.diagnostics = diagnostics
    self.version = version
  }

  /// The files in the folder are wrong, so that an earlier version of them runs.
  package var isBehind: Bool { diagnostics.contains { $0.severity == .error } }

  package func secrets(_ connection: ConnectionName, _ purpose: String) -> [Secret] {
    secrets[connection]?[purpose] ?? []
  }
}

/// The installation that is live now; it is replaced whole, between two steps.
package final class LiveInstallation: Sendable {
  private let state: Mutex<Installation>

  package init(_ installation: Installation) { state = Mutex(installation) }

  package var current: Installation { state.withLock { $0 } }

  package func replace(with installation: Installation) { state.withLock { $0 = installation } }

  /// Keeps what runs and remembers why the newer files did not replace it.
  package func refuse(_ diagnostics: [Diagnostic]) { state.withLock { $0.diagnostics = diagnostics } }
}
