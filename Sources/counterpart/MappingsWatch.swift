import Logging
import MappingLanguage
import ServiceLifecycle
import SyncEngine

/// Looks at the mappings folder every now and then; what changed is compiled and replaces what runs, whole, or not at
/// all: then the last good version keeps running, and the pages say so (promise 8).
struct MappingsWatch: Service {
  let folder: MappingsFolder
  let live: LiveInstallation
  let interval: Duration

  func run() async throws {
    var known = try? folder.files()
    while !Task.isShuttingDownGracefully {
      // A sleep that ends early means that the process is stopping, which the loop looks at.
      await cancelWhenGracefulShutdown { try? await Task.sleep(for: interval) }
      if Task.isShuttingDownGracefully || Task.isCancelled { return }
      do {
        let files = try folder.files()
        guard files != known else { continue }
        known = files
        reload(try folder.load())
      } catch {
        live.refuse([Diagnostic(.error, at: SourcePosition(file: folder.path, line: 1), "\(error)")])
      }
    }
  }

  private func reload(_ loaded: (installation: Installation?, diagnostics: [Diagnostic])) {
    if let installation = loaded.installation {
      live.replace(with: installation)
      Logger.current.info("The mappings were reloaded", metadata: ["warnings": "\(loaded.diagnostics.count)"])
    } else {
      live.refuse(loaded.diagnostics)
      for diagnostic in loaded.diagnostics.prefix(20) {
        Logger.current.warning(
          "The changed mappings are wrong; the last good version keeps running",
          metadata: ["finding": "\(diagnostic)"])
      }
    }
  }
}
