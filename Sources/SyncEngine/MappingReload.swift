import Logging
package import MappingLanguage
package import SyncModel
package import SyncStore
import Synchronization

/// Makes the files of the mappings folder live: compiled, kept as a version and swapped whole between two events, or
/// refused whole. Then the last good version keeps running, and the log, the pages and the health say so (promise 8).
package struct MappingReload: Sendable {
  /// What became of files that were looked at.
  package enum Outcome: Hashable, Sendable {
    /// They run now; with the paths in which they differ from what ran before.
    case live(version: Int64, changed: [String])
    /// They run already.
    case unchanged
    case refused([Diagnostic])
  }

  private let store: Store
  private let live: LiveInstallation
  private let secret: SecretReading
  private let compiled = CompiledFiles()

  /// What was compiled last: of a large folder only what changed is compiled again.
  private final class CompiledFiles: Sendable {
    let memory = Mutex(CompilationMemory())
  }

  package init(store: Store, live: LiveInstallation, secret: @escaping SecretReading) {
    self.store = store
    self.live = live
    self.secret = secret
  }

  /// Takes what lies in the folder now.
  ///
  /// The version is on disk before any event is planned with it.
  ///
  /// - Throws: ``StoreError``; then what ran before runs on, and the same files may be taken again.
  package func take(_ files: [SourceFile], now: Timestamp) async throws -> Outcome {
    let kept = files.map { MappingFile($0) }
    let running = live.current
    let differing = running.version?.paths(
      differingFrom: Dictionary(kept.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first }))
    if differing == [], !running.isBehind { return .unchanged }
    let (installation, diagnostics) = compiled.memory.withLock { memory in
      Installation.compile(files, reusing: &memory, secret: secret)
    }
    guard var installation else { return refuse(diagnostics) }
    let version = try await store.goLive(kept, origin: .edit, now: now)
    installation.version = version
    live.replace(with: installation)
    let changed = differing ?? files.map(\.path)
    Logger.current.info(
      "The mappings were reloaded",
      metadata: [
        "version": "\(version.id)", "changed": "\(changed.joined(separator: " "))",
        "warnings": "\(diagnostics.count)",
      ])
    return .live(version: version.id, changed: changed)
  }

  /// What lies in the folder cannot run, or cannot even be read.
  @discardableResult
  package func refuse(_ diagnostics: [Diagnostic]) -> Outcome {
    let running = live.current
    // What is as wrong as before was said already.
    guard running.diagnostics != diagnostics else { return .refused(diagnostics) }
    live.refuse(diagnostics)
    Self.warn(of: diagnostics, running: running.version)
    return .refused(diagnostics)
  }

  /// What a process begins with: what lies in the folder, or, where that is wrong, what ran last.
  ///
  /// - Parameter folder: the files, or why they cannot be read.
  /// - Throws: ``NothingRuns`` where neither can run; ``StoreError``.
  package static func start(
    _ folder: MappingsFolderContent, store: Store, secret: SecretReading, now: Timestamp
  ) async throws -> Installation {
    var findings: [Diagnostic]
    switch folder {
    case .unreadable(let problem): findings = [problem]
    case .files(let files):
      let (installation, diagnostics) = Installation.compile(files, secret: secret)
      if var installation {
        installation.version = try await store.goLive(files.map { MappingFile($0) }, origin: .start, now: now)
        return installation
      }
      findings = diagnostics
    }
    guard let version = try await store.liveMappings() else { throw NothingRuns(diagnostics: findings) }
    let kept = try await store.mappingFiles(of: version.id)
    let (installation, problems) = Installation.compile(kept.map { SourceFile($0) }, secret: secret)
    guard var installation else {
      throw NothingRuns(diagnostics: findings, version: version.id, versionDiagnostics: problems)
    }
    installation.version = version
    installation.diagnostics = findings
    warn(of: findings, running: version)
    return installation
  }

  /// How many findings are logged; all of them stand on the pages.
  private static let logLimit = 20

  private static func warn(of diagnostics: [Diagnostic], running version: MappingVersion?) {
    for diagnostic in diagnostics.prefix(logLimit) {
      Logger.current.warning(
        "The mappings in the folder are wrong; the last good version keeps running",
        metadata: ["finding": "\(diagnostic)", "version": "\(version.map { String($0.id) } ?? "unknown")"])
    }
  }
}

/// What a look into the mappings folder found.
package enum MappingsFolderContent: Sendable {
  case files([SourceFile])
  case unreadable(Diagnostic)
}

/// Neither what lies in the mappings folder nor what ran last can run.
package struct NothingRuns: Error, CustomStringConvertible {
  package var diagnostics: [Diagnostic]
  /// The version that ran last; nil: none ever did.
  package var version: Int64?
  package var versionDiagnostics: [Diagnostic] = []

  package var description: String {
    var lines = diagnostics.map(\.description)
    if let version {
      lines.append("and the version \(version), which ran last, cannot run either:")
      lines += versionDiagnostics.map(\.description)
    }
    return lines.joined(separator: "\n")
  }
}
