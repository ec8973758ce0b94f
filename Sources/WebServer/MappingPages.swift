import HTTPTypes
import Hummingbird
import MappingLanguage
import SyncCore
import SyncEngine
import SyncModel
import SyncStore

/// The pages of what runs, of the versions of the mappings folder, and of what changed between two of them. They change
/// nothing: going back is a command, for whoever may write into the folder.
struct MappingPages: Sendable {
  /// More lines of differences than this are left to the command line.
  static let lineLimit = 2000

  let dependencies: WebDependencies
  let pages: PageMaker

  private var store: Store { dependencies.services.store }

  /// `GET /admin/mappings`
  func show(
    _ request: Request, _ context: BasicRequestContext, _ session: AdminSession
  ) async throws -> Response {
    let now = dependencies.clock()
    let installation = dependencies.services.live.current
    let versions = try await store.mappingVersions(limit: AdminPages.limit + 1)
    return pages.response(
      .mappings,
      MappingsPage(
        page: pages.frame("Mappings", session: session, current: "/admin/mappings"),
        mappings: installation.mappings.mappings.map { mapping in
          MappingsPage.Row(
            name: mapping.name.rawValue, connection: mapping.connection.rawValue, file: mapping.file,
            digest: String(mapping.digest.prefix(12)))
        },
        running: installation.version.map { MappingVersionRow($0, before: nil, now: now) },
        findings: MappingFindings(installation.diagnostics),
        versions: versions.indices.prefix(AdminPages.limit).map { index in
          let before = versions.indices.contains(index + 1) ? versions[index + 1] : nil
          return MappingVersionRow(versions[index], before: before, now: now)
        }))
  }

  /// `GET /admin/mappings/versions/{id}?with=…`: a version, and in what it differs from another one; unless told
  /// otherwise, from the one before it.
  func version(
    _ request: Request, _ context: BasicRequestContext, _ session: AdminSession
  ) async throws -> Response {
    guard let id = Int64(context.pathPart("id")), let version = try await store.mappingVersion(id) else {
      throw HTTPError(.notFound)
    }
    let versions = try await store.mappingVersions()
    let before = versions.first { $0.id < id }
    let other: MappingVersion?
    if let asked = FormFields(request.queryPairs)?["with"] {
      guard let found = versions.first(where: { String($0.id) == asked }) else { throw HTTPError(.notFound) }
      other = found
    } else {
      other = before
    }
    let files = try await store.mappingFiles(of: id)
    var differences: [FileDifference] = []
    if let other { differences = .between(try await store.mappingFiles(of: other.id), files) }
    return pages.response(
      .mappingVersion,
      MappingVersionPage(
        page: pages.frame("Mappings, version \(id)", session: session, current: "/admin/mappings"),
        version: MappingVersionRow(version, before: before, now: dependencies.clock()),
        files: files.map { MappingVersionPage.File(path: $0.path, digest: String($0.digest.prefix(12))) },
        other: other.map { String($0.id) },
        comparisons: comparisons(of: version, with: other, versions),
        differences: MappingVersionPage.Difference.list(differences, limit: Self.lineLimit),
        isCut: differences.flatMap(\.hunks).map(\.lines.count).reduce(0, +) > Self.lineLimit))
  }

  /// Which others it can be compared with from here.
  private func comparisons(
    of version: MappingVersion, with shown: MappingVersion?, _ versions: [MappingVersion]
  ) -> [MappingVersionPage.Comparison] {
    let before = versions.first { $0.id < version.id }
    let live = versions.first { $0.isLive && $0.id != version.id }
    let choices = [before.map { ($0, "the version before") }, live.map { ($0, "what runs now") }].compactMap { $0 }
    return choices.filter { $0.0.id != shown?.id }.map { other, words in
      MappingVersionPage.Comparison(
        href: "/admin/mappings/versions/\(version.id)?with=\(other.id)", words: "\(words), version \(other.id)")
    }
  }
}

/// One version in a table, or at the head of its own page.
struct MappingVersionRow: Sendable {
  var id: String
  var href: String
  var since: Moment
  var origin: String
  /// What differs from the version before.
  var changed: String
  var state: String
  var tone: String
}

struct MappingVersionPage: Sendable {
  struct File: Sendable {
    var path: String
    var digest: String
  }
  struct Comparison: Sendable {
    var href: String
    var words: String
  }
  struct Line: Sendable {
    var text: String
    var tone: String
  }
  struct Difference: Sendable {
    var path: String
    var change: String
    var lines: [Line]
  }

  var page: PageFrame
  var version: MappingVersionRow
  var files: [File]
  /// The version that it is compared with; nil: there is none.
  var other: String?
  var comparisons: [Comparison]
  var differences: [Difference]
  /// Not all lines are shown.
  var isCut: Bool
}

extension MappingVersionRow {
  init(_ version: MappingVersion, before: MappingVersion?, now: Timestamp) {
    let changed = before.map { version.paths(differingFrom: $0.files) }
    id = String(version.id)
    href = "/admin/mappings/versions/\(version.id)"
    since = Moment(version.liveAt ?? version.keptAt, now: now)
    origin = version.origin.words
    self.changed =
      changed.map { $0.isEmpty ? "nothing" : $0.joined(separator: ", ") } ?? "the first version that is kept"
    (state, tone) =
      version.isLive
      ? ("live", "good") : version.liveAt == nil ? ("never live", "calm") : ("replaced", "calm")
  }
}

extension MappingVersionPage.Difference {
  static func list(_ differences: [FileDifference], limit: Int) -> [Self] {
    var rest = limit
    return differences.map { difference in
      let all = difference.hunks.flatMap { hunk in
        [MappingVersionPage.Line(text: hunk.header, tone: "place")]
          + hunk.lines.map { MappingVersionPage.Line(text: $0.sign + $0.text, tone: $0.kind.rawValue) }
      }
      let shown = Array(all.prefix(max(0, rest)))
      rest -= shown.count
      return Self(path: difference.path, change: difference.change.rawValue, lines: shown)
    }
  }
}
