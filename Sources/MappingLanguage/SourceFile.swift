/// One file of the mappings folder, as it was read.
package struct SourceFile: Hashable, Sendable {
  /// Relative to the folder, with `/`.
  package var path: String
  package var bytes: [UInt8]
  /// How large the file is, where that is more than a document may be: then it was not read.
  package var oversizeBytes: Int64?

  package init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  /// A file that is too large to be read.
  package init(path: String, oversizeBytes: Int64) {
    self.path = path
    bytes = []
    self.oversizeBytes = oversizeBytes
  }

  /// A larger file is no document.
  package static let limitBytes: Int64 = 1 << 20

  /// Whether a path is one that ``MappingSet/compile(files:)`` reads: `*.xml` and `crm/*.xml`, hidden files excepted.
  package static func counts(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = parts.last, name.hasSuffix(".xml"), name.utf8.count > 4, !name.hasPrefix(".") else { return false }
    return parts.count == 1 || (parts.count == 2 && parts[0] == "crm")
  }
}
