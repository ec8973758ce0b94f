import Foundation
import Testing

/// The rules of the house, read from the sources themselves.
@Suite("The architecture")
struct ArchitectureTests {
  struct Source: Sendable {
    var target: String
    /// From the repository's root.
    var path: String
    var lines: [Substring]
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let sources: [Source] = {
    let folder = root.appending(path: "Sources")
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path())) ?? []
    return paths.filter { $0.hasSuffix(".swift") }.sorted().compactMap { path in
      guard let data = try? Data(contentsOf: folder.appending(path: path)) else { return nil }
      let text = String(decoding: data, as: UTF8.self)
      return Source(
        target: String(path.prefix { $0 != "/" }), path: "Sources/" + path,
        lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }
  }()

  static let core: Set<String> = [
    "JSON", "Wire", "XML", "RichText", "Fuzzing", "SyncModel", "MappingLanguage", "SyncCore",
  ]

  /// What each target may import; the executable composes, and may import everything.
  static let imports: [String: Set<String>] = [
    "JSON": [], "Wire": [], "XML": ["CLibXML2", "JSON", "Synchronization"], "RichText": ["JSON", "XML"],
    "Fuzzing": ["JSON", "RichText", "XML"],
    "SyncModel": ["JSON"], "MappingLanguage": ["JSON", "RichText", "SyncModel", "XML"],
    "SyncCore": ["JSON", "MappingLanguage", "RichText", "SyncModel", "Synchronization"],
    "SyncStore": [
      "CSQLite", "Dispatch", "FoundationEssentials", "GRDB", "JSON", "SyncCore", "SyncModel", "Synchronization",
    ],
    "TokenVault": ["Crypto", "FoundationEssentials", "SyncModel", "Synchronization"],
    "Outbound": ["AsyncHTTPClient", "Glibc", "NIOCore", "NIOHTTP1", "NIOPosix", "Synchronization", "Wire"],
    "JiraClient": ["FoundationEssentials", "JSON", "MappingLanguage", "RichText", "SyncCore", "SyncModel", "Wire"],
    "CRMClient": [
      "Crypto", "FoundationEssentials", "JSON", "MappingLanguage", "RichText", "SyncCore", "SyncModel", "Wire", "XML",
    ],
    "SyncEngine": [
      "CRMClient", "Crypto", "FoundationEssentials", "JSON", "JiraClient", "Logging", "MappingLanguage", "RichText",
      "ServiceLifecycle", "SyncCore", "SyncModel", "SyncStore", "Synchronization", "TokenVault", "Wire", "XML",
    ],
    "WebServer": [
      "Crypto", "FoundationEssentials", "HTTPTypes", "Hummingbird", "HummingbirdCore", "JSON", "Logging",
      "MappingLanguage", "Mustache", "NIOCore", "ServiceLifecycle", "SyncCore", "SyncEngine", "SyncModel", "SyncStore",
      "Synchronization", "TokenVault", "Wire",
    ],
    "Simulation": [
      "Crypto", "FoundationEssentials", "HTTPTypes", "Hummingbird", "JSON", "Logging", "NIOCore", "RichText",
      "ServiceLifecycle", "SyncModel", "Synchronization", "Wire",
    ],
    "Histories": [
      "FoundationEssentials", "JSON", "MappingLanguage", "Simulation", "SyncCore", "SyncEngine", "SyncModel",
      "SyncStore", "Synchronization", "TokenVault", "Wire",
    ],
  ]

  static func findings(_ isWrong: (Source, Substring) -> Bool) -> [String] {
    sources.flatMap { source in
      source.lines.enumerated().filter { isWrong(source, $0.element) }.map { "\(source.path):\($0.offset + 1)" }
    }
  }

  static func imported(_ line: Substring) -> String? {
    let words = line.split(separator: " ")
    guard let index = words.firstIndex(of: "import"), index <= 1, words.count > index + 1 else { return nil }
    guard index == 0 || ["package", "internal", "private", "public", "@testable"].contains(words[0]) else { return nil }
    return String(
      (words[index + 1] == "struct" || words[index + 1] == "class" ? words.last : words[index + 1])?
        .prefix { $0 != "." } ?? "")
  }

  @Test("The sources are found")
  func found() {
    #expect(Self.sources.count > 100)
    #expect(Set(Self.sources.map(\.target)).subtracting(Self.imports.keys).subtracting(["counterpart"]) == [])
  }

  @Test("A target imports what the table allows it, and nothing else")
  func directions() {
    #expect(
      Self.findings { source, line in
        guard let allowed = Self.imports[source.target], let module = Self.imported(line) else { return false }
        return !allowed.contains(module)
      } == [])
  }

  @Test("In core and engine nothing reads a clock, rolls dice, prints or breaks a promise to the compiler")
  func bannedWords() {
    let words = ["Date()", "UUID()", "nonisolated(unsafe)", "try!", "as!", "@unchecked", " print("]
    #expect(
      Self.findings { source, line in
        guard Self.core.union(["SyncEngine", "SyncStore"]).contains(source.target) else { return false }
        if source.target != "XML", words.contains(where: line.contains) { return true }
        if line.contains("Task.sleep") { return !source.path.hasSuffix("/WorkLoop.swift") }
        if line.contains("Task {"), !line.contains("addTask {") { return true }
        return false
      } == [])
  }

  @Test("Nothing reaches Jira's site but by the way that is paced and counted")
  func ways() {
    #expect(
      Self.findings { source, line in
        source.target == "SyncEngine" && line.contains("JiraSystem(transport: services.transport")
          || source.target == "WebServer" && line.contains("JiraSystem(")
      } == [])
    let makers = Self.sources.filter { $0.target == "SyncEngine" && $0.lines.contains { $0.contains("JiraSystem(") } }
    for source in makers {
      #expect(source.lines.contains { $0.contains("services.way(to:") }, "\(source.path)")
    }
  }

  @Test("No file is over 400 lines, no line of code over 120 columns")
  func sizes() {
    #expect(Self.sources.filter { $0.lines.count > 401 }.map(\.path) == [])
    // As with `swift format`, comments may end a word later; the sandbox's pages are HTML in literals.
    #expect(
      Self.findings { source, line in
        source.target != "Simulation" && line.unicodeScalars.count > 120 && !line.contains("//")
      } == [])
  }

  @Test("Nothing is public, and nothing is left to do")
  func words() {
    #expect(
      Self.findings { _, line in
        let code = line.drop { $0 == " " }
        return code.hasPrefix("public ") || code.hasPrefix("open class ") || line.contains("FIXME")
          || (line.contains("TODO") && !line.contains("\"TODO\""))
      } == [])
  }

  @Test("No template writes a value unescaped")
  func templates() throws {
    let folder = Self.root.appending(path: "Sources/WebServer/Templates")
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path())) ?? []
    for path in paths where path.hasSuffix(".mustache") || path.hasSuffix(".html") {
      let text = String(decoding: try Data(contentsOf: folder.appending(path: path)), as: UTF8.self)
      #expect(!text.contains("{{{") && !text.contains("{{&"), "\(path)")
    }
  }
}
