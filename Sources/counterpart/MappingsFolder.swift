import FoundationEssentials
import MappingLanguage
import SyncEngine
import SyncModel

/// The folder of mappings, profiles and sites: reads it, compiles it whole, and fetches the secrets that it names.
struct MappingsFolder: Sendable {
  /// More files than this are no mappings folder.
  private static let fileLimit = 2000
  private static let sizeLimit = 1 << 20

  let path: String
  /// The environment, for `env:NAME` secrets.
  let environment: [String: String]

  /// Every file that counts, in the order of their paths.
  ///
  /// - Throws: ``FolderError`` when the folder or a file in it cannot be read.
  func files() throws -> [SourceFile] {
    var paths = try names(in: path)
    if FileManager.default.fileExists(atPath: path + "/crm") {
      paths += try names(in: path + "/crm").map { "crm/" + $0 }
    }
    let counting = paths.filter { SourceFile.counts($0) }.sorted()
    guard counting.count <= Self.fileLimit else {
      throw FolderError(reason: "the folder '\(path)' holds more than \(Self.fileLimit) documents")
    }
    return try counting.map { name in
      let file = path + "/" + name
      guard let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int,
        size <= 100 * Self.sizeLimit,
        let handle = FileManager.default.contents(atPath: file)
      else { throw FolderError(reason: "'\(file)' cannot be read") }
      // What is over the compiler's own limit is refused there, with the file's name; it need not be carried there whole.
      return SourceFile(path: name, bytes: Array(handle.prefix(Self.sizeLimit + 1)))
    }
  }

  /// Compiles the folder and fetches its secrets.
  ///
  /// - Returns: nil where anything is an error, secrets that are missing included; the findings say what.
  func load() throws -> (installation: Installation?, diagnostics: [Diagnostic]) {
    let (set, found) = MappingSet.compile(files: try files())
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
              Diagnostic(.error, at: connection.position, "the secret '\(purpose)' is missing: \(source.words)"))
          }
        }
      }
    }
    diagnostics.sort { ($0.position, $0.message) < ($1.position, $1.message) }
    guard !diagnostics.contains(where: { $0.severity == .error }) else { return (nil, diagnostics) }
    return (Installation(mappings: set, secrets: secrets, diagnostics: diagnostics), diagnostics)
  }

  private func names(in folder: String) throws -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
      throw FolderError(reason: "the folder '\(folder)' cannot be read")
    }
  }

  private func secret(_ source: SecretSource) -> Secret? {
    switch source {
    case .environment(let name): environment[name].flatMap { $0.isEmpty ? nil : Secret($0) }
    case .file(let file): SecretFile.read(file.hasPrefix("/") ? file : path + "/" + file)
    }
  }
}

/// Why the mappings folder cannot be read.
struct FolderError: Error, CustomStringConvertible {
  var reason: String
  var description: String { reason }
}

extension SecretSource {
  fileprivate var words: String {
    switch self {
    case .environment(let name): "the environment variable \(name) is not set"
    case .file(let path): "the file '\(path)' cannot be read or is empty"
    }
  }
}
