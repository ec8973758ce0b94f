import struct FoundationEssentials.Data
import struct FoundationEssentials.URL

/// Files of the repository, found from this file's own place.
enum Fixtures {
  static func bytes(_ path: String) throws -> Data {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try Data(contentsOf: root.appending(path: path))
  }
}
