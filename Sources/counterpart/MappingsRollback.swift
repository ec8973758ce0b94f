import FoundationEssentials
import Glibc
import JSON
import MappingLanguage
import SyncEngine
import SyncModel
import SyncStore

/// Puts the files of an earlier version back into the mappings folder, so that what runs and what lies there never
/// disagree.
///
/// Nothing is lost: what lay there is kept as a version, and what never ran is replaced only by force. It may be
/// repeated: after an interruption it goes on, and once it is done it does nothing.
struct MappingsRollback {
  struct Report: Hashable {
    var target: Int64
    /// The version that the server will name; nil: the folder held these files already.
    var version: Int64?
    /// Under which version the replaced files are kept that never ran.
    var setAside: Int64?
    var written: [String] = []
    var removed: [String] = []
  }

  let folder: MappingsFolder
  let store: Store

  /// - Throws: ``CommandError`` where it cannot be done, or not without force; before anything is written, unless the
  ///   disk fails half-way.
  func run(to target: Int64, isForced: Bool, now: Timestamp) async throws -> Report {
    guard let version = try await store.mappingVersion(target) else {
      throw CommandError(
        "there is no version \(target) of the mappings; 'counterpart mappings list' shows which there are")
    }
    let present = try folder.files().map { MappingFile($0) }
    let differing = version.paths(
      differingFrom: Dictionary(present.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first }))
    guard !differing.isEmpty else { return Report(target: target) }
    let wanted = try await store.mappingFiles(of: target)
    try check(wanted, target)
    if !isForced { try await checkNothingIsLost(present.filter { differing.contains($0.path) }) }
    try checkWritable(differing)
    guard let announced = try await store.announceRollback(to: target, replacing: present, now: now) else {
      throw CommandError("the version \(target) of the mappings was forgotten a moment ago")
    }
    var report = Report(target: target, version: announced.version, setAside: announced.setAside)
    for file in wanted where differing.contains(file.path) {
      try write(file, report)
      report.written.append(file.path)
    }
    for path in differing where version.files[path] == nil {
      guard unlink(folder.path + "/" + path) == 0 || errno == ENOENT else {
        throw failure("'\(path)' cannot be removed", report)
      }
      report.removed.append(path)
    }
    return report
  }

  /// A version that this program would refuse is not put back: the server would go on with what runs.
  private func check(_ files: [MappingFile], _ target: Int64) throws {
    let (set, diagnostics) = MappingSet.compile(files: files.map { SourceFile($0) })
    guard set == nil else { return }
    throw CommandError(
      "the version \(target) cannot run any more, so it is not put back:\n"
        + diagnostics.map(\.description).joined(separator: "\n"))
  }

  private func checkNothingIsLost(_ files: [MappingFile]) async throws {
    let kept = try await store.keptMappingFiles(among: Set(files.map(\.digest)))
    let unkept = files.filter { !kept.contains($0.digest) }.map(\.path)
    guard !unkept.isEmpty else { return }
    throw CommandError(
      "the folder '\(folder.path)' holds changes that never were live, in \(unkept.joined(separator: ", ")); keep them "
        + "elsewhere, or say --force: then they are kept as a version and replaced")
  }

  private func checkWritable(_ paths: [String]) throws {
    for directory in Set(paths.map { $0.hasPrefix("crm/") ? folder.path + "/crm" : folder.path }).sorted()
    where FileManager.default.fileExists(atPath: directory) && access(directory, W_OK) != 0 {
      throw CommandError(
        "the folder '\(directory)' cannot be written (\(String(cString: strerror(errno)))), so nothing was changed; "
          + "'counterpart mappings show' prints the files of a version, to be put where the folder comes from")
    }
  }

  private func write(_ file: MappingFile, _ report: Report) throws {
    do throws(ReplacedFile.Failure) {
      try ReplacedFile(path: folder.path + "/" + file.path).write(file.content)
    } catch { throw failure("'\(error.path)' cannot be written", report) }
  }

  private func failure(_ what: String, _ report: Report) -> CommandError {
    let done = report.written + report.removed
    return CommandError(
      "\(what) (\(String(cString: strerror(errno)))); "
        + (done.isEmpty ? "nothing was changed" : "done so far: \(done.joined(separator: ", "))")
        + "; run the command again to go on")
  }
}

extension MappingsRollback.Report {
  var text: String {
    guard let version else { return "the folder holds the files of version \(target) already; nothing to do" }
    var lines: [String] = []
    if let setAside {
      lines.append("what lay in the folder and never was live is kept as version \(setAside)")
    }
    lines += written.map { "wrote    \($0)" } + removed.map { "removed  \($0)" }
    lines.append(
      "the folder holds the files of version \(target) again, now version \(version); a running server takes them up "
        + "by itself")
    return lines.joined(separator: "\n")
  }

  var json: JSONValue {
    [
      "rolledBackTo": .integer(target), "version": version.map { .integer($0) } ?? .null,
      "setAside": setAside.map { .integer($0) } ?? .null, "written": .array(written.map(JSONValue.string)),
      "removed": .array(removed.map(JSONValue.string)),
    ]
  }
}
