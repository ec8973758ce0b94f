import ArgumentParser
import JSON
import MappingLanguage
import SyncCore
import SyncEngine
import SyncModel
import SyncStore

struct Mappings: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The versions of the mappings folder that ran: which there are, what changed, and the way back.",
    subcommands: [List.self, Show.self, Diff.self, Rollback.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the versions, the newest first.")
    @Option(help: "How many at most.") var limit = 50
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let store = try Environment.store(try Environment.settings())
      // One more than is shown, to say in what the oldest of them differs.
      let versions = try await store.mappingVersions(limit: min(max(limit, 1), 100_000) + 1)
      try store.close()
      print(MappingVersionList(versions: versions, limit: limit).text(json: json))
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows the files of a version, or the content of one of them.")
    @Argument(help: "A version's number, 'live', or 'folder': what lies in the folder.") var version: String
    @Argument(help: "A file of it, such as support.xml.") var file: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let settings = try Environment.settings()
      let store = try Environment.store(settings)
      let files = try await MappingState(version, settings, store).files
      try store.close()
      if let file {
        guard let found = files.first(where: { $0.path == file }) else {
          throw CommandError(
            "\(MappingState.words(version)) has no file '\(file)'; it has: \(files.map(\.path).joined(separator: ", "))"
          )
        }
        let text = String(decoding: found.content, as: UTF8.self)
        print(
          json
            ? JSONValue.object([
              JSONMember("path", .string(file)), JSONMember("digest", .string(found.digest)),
              JSONMember("content", .string(text)),
            ]).pretty : text, terminator: json ? "\n" : "")
      } else if json {
        let list = files.map { file -> JSONValue in
          ["path": .string(file.path), "digest": .string(file.digest), "bytes": .integer(file.content.count)]
        }
        print(JSONValue.array(list).pretty)
      } else {
        var table = TextTable(["FILE", "BYTES", "DIGEST"])
        for file in files { table.add([file.path, String(file.content.count), String(file.digest.prefix(12))]) }
        print(table.text)
      }
    }
  }

  struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows what changed from one version to another, line by line.",
      discussion: "Exits 0 also where they differ. 'counterpart mappings diff live folder' shows what is not live yet.")
    @Argument(help: "A version's number, 'live' or 'folder'.") var old: String
    @Argument(help: "A version's number, 'live' or 'folder'.") var new = "live"
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let settings = try Environment.settings()
      let store = try Environment.store(settings)
      let before = try await MappingState(old, settings, store).files
      let after = try await MappingState(new, settings, store).files
      try store.close()
      let differences: [FileDifference] = .between(before, after)
      if json {
        print(JSONValue.array(differences.map(\.json)).pretty)
      } else if differences.isEmpty {
        print("\(MappingState.words(old)) and \(MappingState.words(new)) are the same")
      } else {
        print(differences.map(\.unified).joined(separator: "\n"))
      }
    }
  }

  struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Puts the files of an earlier version back into the mappings folder.",
      discussion: """
        A running server takes them up by itself within a second or two, one that is not running at its start. What \
        lies in the folder and was never live is not overwritten, unless --force says so; then it is kept as a version.
        """)
    @Argument(help: "The version's number, as 'counterpart mappings list' names it.") var version: Int64
    @Flag(help: "Overwrite files that no version has; they are kept as a version of their own.") var force = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let settings = try Environment.settings()
      let store = try Environment.store(settings)
      let rollback = MappingsRollback(folder: MappingsFolder(path: settings.mappings, environment: [:]), store: store)
      let report = try await rollback.run(to: version, isForced: force, now: SystemClock.now)
      try store.close()
      print(json ? report.json.pretty : report.text)
    }
  }
}

/// The files that an argument of the command line names: those of a version, or those in the folder.
struct MappingState {
  var files: [MappingFile]

  init(_ argument: String, _ settings: Settings, _ store: Store) async throws {
    if argument == "folder" {
      files = try MappingsFolder(path: settings.mappings, environment: [:]).files().map { MappingFile($0) }
      return
    }
    var version: MappingVersion?
    if argument == "live" {
      version = try await store.liveMappings()
    } else if let id = Int64(argument) {
      version = try await store.mappingVersion(id)
    }
    guard let version else {
      throw CommandError(
        "there is no version '\(argument)' of the mappings; 'counterpart mappings list' shows which there are")
    }
    files = try await store.mappingFiles(of: version.id)
  }

  /// How an argument is spoken of.
  static func words(_ argument: String) -> String {
    switch argument {
    case "folder": "the folder"
    case "live": "the live version"
    default: "version \(argument)"
    }
  }
}

/// The versions as `mappings list` prints them.
struct MappingVersionList {
  /// The newest first; one more than is shown, where there are more.
  var versions: [MappingVersion]
  var limit: Int

  private var rows: [(version: MappingVersion, changed: [String]?)] {
    versions.indices.prefix(limit).map { index in
      let before = versions.indices.contains(index + 1) ? versions[index + 1] : nil
      return (versions[index], before.map { versions[index].paths(differingFrom: $0.files) })
    }
  }

  func text(json: Bool) -> String {
    if json { return JSONValue.array(rows.map { $0.version.json(changed: $0.changed) }).pretty }
    guard !versions.isEmpty else { return "no version is kept yet; a server keeps the first one at its start" }
    var table = TextTable(["VERSION", "LIVE", "SINCE", "CAME BY", "CHANGED FILES"])
    for row in rows {
      table.add([
        String(row.version.id), row.version.isLive ? "live" : "",
        (row.version.liveAt ?? row.version.keptAt).description,
        row.version.origin.words + (row.version.isWaiting ? ", not live yet" : ""),
        row.changed.map { $0.isEmpty ? "none" : $0.joined(separator: " ") } ?? "the first that is kept",
      ])
    }
    return table.text
  }
}

extension MappingVersion {
  /// A rollback wrote its files, and no server has taken them up so far.
  var isWaiting: Bool { if case .rollback = origin { liveAt == nil } else { false } }

  fileprivate func json(changed: [String]?) -> JSONValue {
    let target: Int64? = if case .rollback(let id) = origin { id } else { nil }
    return [
      "id": .integer(id), "isLive": .bool(isLive), "liveAt": .text(liveAt?.description),
      "keptAt": .string(keptAt.description), "origin": .string(origin.words),
      "rolledBackTo": target.map { .integer($0) } ?? .null,
      "changed": changed.map { .array($0.map(JSONValue.string)) } ?? .null,
      "files": .object(files.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }),
    ]
  }
}

extension FileDifference {
  fileprivate var json: JSONValue {
    [
      "path": .string(path), "change": .string(change.rawValue),
      "hunks": .array(
        hunks.map { hunk in
          [
            "header": .string(hunk.header),
            "lines": .array(
              hunk.lines.map { ["kind": .string($0.kind.rawValue), "text": .string($0.text)] }),
          ]
        }),
    ]
  }
}
