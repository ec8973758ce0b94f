import CLibXML2

/// libxml2's global set-up, done once before its first use. `xmlCleanupParser` is never called: it would pull the
/// ground from under every other thread.
let libXML2IsReady: Void = xmlInitParser()

/// Collects what libxml2 reports through its one kind of error callback.
final class ReportCollector {
  struct Report {
    var message: String
    var line: Int
    var node: UnsafeMutableRawPointer?
  }

  /// A hostile document can cause one report per element; what is beyond this many says nothing new.
  static let limit = 100

  private(set) var reports: [Report] = []

  func collect(_ report: Report) {
    if reports.count < Self.limit { reports.append(report) }
  }
}

/// The one C callback of this module. libxml2 2.9 hands the error over as mutable, 2.12 as const: only here it matters.
func collectReport(_ collector: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<xmlError>?) {
  guard let collector, let error else { return }
  let message = error.pointee.message.map { String(cString: $0) } ?? "unknown"
  Unmanaged<ReportCollector>.fromOpaque(collector).takeUnretainedValue().collect(
    ReportCollector.Report(message: message, line: Int(error.pointee.line), node: error.pointee.node))
}

/// The same for contexts that keep their last error themselves: without a callback libxml2 prints to standard error.
func ignoreReport(_ nothing: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<xmlError>?) {}

/// A string that libxml2 allocated, copied and released.
func takeString(_ pointer: UnsafeMutablePointer<xmlChar>?) -> String {
  guard let pointer else { return "" }
  defer { xml_release(pointer) }
  return String(cString: pointer)
}

/// A string that a libxml2 structure goes on owning, copied.
func copyString(_ pointer: UnsafePointer<xmlChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

/// Calls `body` with a zero-terminated copy of `text` as libxml2 wants it.
func withXMLChars<Result>(_ text: String, _ body: (UnsafePointer<xmlChar>) -> Result) -> Result {
  text.withCString { pointer in
    pointer.withMemoryRebound(to: xmlChar.self, capacity: text.utf8.count + 1) { body($0) }
  }
}
