import Foundation
import Logging
import MappingLanguage
import SyncEngine
import SyncModel
import SyncStore

/// What the commands share: reading the process's environment, and opening what it names.
enum Environment {
  static var variables: [String: String] { ProcessInfo.processInfo.environment }

  static func settings() throws -> Settings { try Settings(environment: variables) }

  static func folder(_ settings: Settings) -> MappingsFolder {
    MappingsFolder(path: settings.mappings, environment: variables)
  }

  /// The installation that the folder describes.
  ///
  /// - Throws: ``CommandError`` with every finding when the documents are wrong.
  static func installation(_ folder: MappingsFolder) throws -> Installation {
    let (installation, diagnostics) = Installation.compile(try folder.files(), secret: folder.secret)
    guard let installation else {
      throw CommandError(diagnostics.map(\.description).joined(separator: "\n"))
    }
    return installation
  }

  /// The database that a server works with; made only by a server.
  static func store(_ settings: Settings) throws -> Store {
    guard FileManager.default.fileExists(atPath: settings.database) else {
      throw CommandError(
        "there is no database '\(settings.database)' yet; COUNTERPART_DATABASE names it, 'counterpart serve' makes it"
      )
    }
    return try Store(path: settings.database)
  }

  /// The same database, for commands that change nothing.
  static func reading(_ settings: Settings) throws -> Store {
    guard let store = try readingIfAny(settings) else {
      throw CommandError("there is no database '\(settings.database)' yet; COUNTERPART_DATABASE names it")
    }
    return store
  }

  /// Nil where there is no database yet.
  static func readingIfAny(_ settings: Settings) throws -> Store? {
    FileManager.default.fileExists(atPath: settings.database) ? try Store(reading: settings.database) : nil
  }

  /// The encryption keys' text.
  static func keys(_ settings: Settings) throws -> Secret {
    guard let keys = settings.keys else {
      throw CommandError(
        "COUNTERPART_KEY or COUNTERPART_KEY_FILE must hold the encryption key; make one with: openssl rand -base64 32")
    }
    return keys
  }

  /// The parts of an installation, with everything that a server or a reconciliation run needs.
  static func composition(_ settings: Settings) async throws -> Composition {
    let keys = try keys(settings)
    do { return try await Composition(settings: settings, folder: folder(settings), keys: keys) } catch let error
      as NothingRuns
    { throw CommandError(error.description) }
  }
}
