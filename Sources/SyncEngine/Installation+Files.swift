import Crypto
package import MappingLanguage
import SyncCore
package import SyncModel
package import SyncStore

import struct FoundationEssentials.Data

/// Where the secrets are that documents name: an environment and files, read by whoever has them.
package typealias SecretReading = @Sendable (SecretSource) -> Secret?

extension Installation {
  /// Compiles the files of a mappings folder and fetches the secrets that they name.
  ///
  /// - Returns: no installation where anything is an error, secrets that are missing included; the findings say what.
  package static func compile(
    _ files: [SourceFile], secret: SecretReading
  ) -> (installation: Installation?, diagnostics: [Diagnostic]) {
    var memory = CompilationMemory()
    return compile(files, reusing: &memory, secret: secret)
  }

  /// The same, with what is remembered of files that did not change since.
  static func compile(
    _ files: [SourceFile], reusing memory: inout CompilationMemory, secret: SecretReading
  ) -> (installation: Installation?, diagnostics: [Diagnostic]) {
    let (set, found) = memory.compile(files: files)
    guard let set else { return (nil, found) }
    var diagnostics = found
    var secrets: [ConnectionName: [String: [Secret]]] = [:]
    for (name, connection) in set.connections {
      for (purpose, sources) in connection.secrets {
        for source in sources {
          if let secret = secret(source) {
            secrets[name, default: [:]][purpose, default: []].append(secret)
          } else {
            diagnostics.append(
              Diagnostic(.error, at: connection.position, "the secret '\(purpose)' is missing: \(source.absence)"))
          }
        }
      }
    }
    let clientSecrets = clientSecrets(of: set, secret: secret)
    for site in set.sites.values {
      guard let client = site.oauthClient else { continue }
      if clientSecrets[site.name] == nil {
        let place = SourcePosition(file: site.file, line: 1)
        diagnostics.append(
          Diagnostic(.error, at: place, "the OAuth client's secret is missing: \(client.secret.absence)"))
      }
    }
    diagnostics.sort { ($0.position, $0.message) < ($1.position, $1.message) }
    guard !diagnostics.contains(where: { $0.severity == .error }) else { return (nil, diagnostics) }
    var installation = Installation(mappings: set, secrets: secrets, diagnostics: diagnostics)
    installation.clientSecrets = clientSecrets
    return (installation, diagnostics)
  }

  /// The secrets of sites' own OAuth clients, as far as they are there.
  package static func clientSecrets(of set: MappingSet, secret: SecretReading) -> [String: Secret] {
    set.sites.compactMapValues { $0.oauthClient.flatMap { secret($0.secret) } }
  }
}

extension MappingFile {
  /// The file as it is kept.
  package init(_ file: SourceFile) {
    let digest = SHA256.hash(data: Data(file.bytes))
    let hex = digest.hexadecimal
    self.init(path: file.path, digest: hex, content: file.bytes)
  }
}

extension SourceFile {
  /// A kept file, to be compiled.
  package init(_ file: MappingFile) { self.init(path: file.path, bytes: file.content) }
}

extension SecretSource {
  fileprivate var absence: String {
    switch self {
    case .environment(let name): "the environment variable \(name) is not set"
    case .file(let path): "the file '\(path)' cannot be read or is empty"
    }
  }
}

extension [FileDifference] {
  /// What changed from one state of the mappings folder to another, file by file in the order of their paths.
  package static func between(_ old: [MappingFile], _ new: [MappingFile]) -> Self {
    let before = Dictionary(old.map { ($0.path, $0.content) }, uniquingKeysWith: { first, _ in first })
    let after = Dictionary(new.map { ($0.path, $0.content) }, uniquingKeysWith: { first, _ in first })
    return Set(before.keys).union(after.keys).sorted().compactMap {
      FileDifference(path: $0, old: before[$0], new: after[$0])
    }
  }
}
