import FoundationEssentials
package import JSON
import Logging

/// The file in which a simulated system outlives its process.
package struct StateFile: Sendable {
  private let path: String

  package init(path: String) { self.path = path }

  /// The snapshot that was saved last; nil where there is no file yet.
  package func load() throws -> JSONValue? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try JSONReader.read(Array(Data(contentsOf: URL(filePath: path))), depthLimit: 256)
  }

  /// Replaces the file whole, so that a killed process leaves the old or the new state and never half of one.
  package func save(_ snapshot: JSONValue) {
    do {
      try Data(snapshot.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      Logger(label: "simulation").error(
        "The simulated state could not be saved; a restart will begin with the last saved one.",
        metadata: ["file.path": "\(path)", "error": "\(type(of: error))"])
    }
  }
}
