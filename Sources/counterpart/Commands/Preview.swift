import ArgumentParser
import Foundation
import JSON
import MappingLanguage
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Wire

struct Preview: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints what a recorded delivery would lead to: the exact requests, as whom. Nothing is sent.",
    discussion: """
      The delivery is a file, or one that is stored. Where there is a database, it is read: who has connected, and \
      how the case and its issue stand. Else a delivery that opens a case is shown as a new issue, any other for a \
      case that is linked already (as issue {issueId}); with --after, its fields are compared with an earlier delivery \
      of the case, without it only its comment counts. A stored delivery that was planned already is shown against \
      the case as it stood before it.
      """)

  @Option(help: "The mapping's name; without it, a stored delivery is shown for all mappings of its connection.")
  var mapping: String?

  @Option(help: "The recorded delivery: the body as the CRM sent it, or a JSON capture with it as body_raw.")
  var event: String?

  @Option(help: "The number of a stored delivery, as 'events show' and 'replay' name it.")
  var delivery: Int64?

  @Option(help: "An earlier delivery of the same case, to compare the fields with.")
  var after: String?

  @Option(name: .customLong("as"), help: "Show it as caused by this CRM user.")
  var user: String?

  @Option(help: "The mappings folder; else COUNTERPART_MAPPINGS or ./mappings.")
  var mappings: String?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if (event == nil) == (delivery == nil) { throw ValidationError("Say either --event or --delivery.") }
    if event != nil, mapping == nil { throw ValidationError("Say with --mapping which mapping the delivery is for.") }
    if delivery != nil, after != nil { throw ValidationError("--after goes with --event.") }
  }

  func run() async throws {
    let settings = try Environment.settings()
    let set = try compiled(MappingsFolder(path: mappings ?? settings.mappings, environment: [:]))
    let store = try delivery == nil ? Environment.readingIfAny(settings) : Environment.reading(settings)
    let preview = DeliveryPreview(
      set: set, mapping: mapping.map { MappingName($0) }, user: user.map { CRMUserID($0) }, store: store)
    let previews: [DeliveryPreview.EventPreview]
    do {
      if let delivery {
        previews = try await preview.previews(ofDelivery: delivery)
      } else {
        previews = try await preview.previews(
          of: try bytes(event ?? ""), connection: try connection(set), after: try after.map(bytes))
      }
    } catch let error as PreviewError { throw CommandError(error.description) }
    try store?.close()
    if json {
      print(JSONValue.array(previews.map(\.json)).pretty)
    } else {
      print(previews.map(\.text).joined(separator: "\n\n"))
    }
    if previews.contains(where: { $0.problem != nil }) { throw ExitCode(1) }
  }

  private func compiled(_ folder: MappingsFolder) throws -> MappingSet {
    let (set, diagnostics) = MappingSet.compile(files: try folder.files())
    guard let set else {
      throw CommandError(
        "the mappings are wrong:\n" + diagnostics.map { "\(folder.path)/\($0)" }.joined(separator: "\n"))
    }
    if let mapping, set.mapping(MappingName(mapping)) == nil {
      let names = set.mappings.map(\.name.rawValue).joined(separator: ", ")
      throw CommandError("there is no mapping '\(mapping)' in '\(folder.path)'; there are: \(names)")
    }
    return set
  }

  private func connection(_ set: MappingSet) throws -> ConnectionName {
    guard let found = set.mapping(MappingName(mapping ?? "")) else { throw CommandError("there is no such mapping") }
    return found.connection
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path), data.count <= 64 << 20 else {
      throw CommandError("'\(path)' cannot be read, or is larger than 64 MiB")
    }
    // A capture that keeps the raw body beside its headers is as good as the body alone.
    let capture = try? JSONReader.read(Array(data))
    return capture?["body_raw"]?.string.map { Array($0.utf8) } ?? Array(data)
  }
}

extension DeliveryPreview.EventPreview {
  fileprivate var text: String {
    var lines = [title] + notes.map { "  note: " + $0 }
    if let problem { lines.append("  problem: " + problem) }
    for (index, step) in steps.enumerated() {
      lines.append("  \(index + 1). \(step.side == .crm ? "to the CRM, " : "")as \(step.actor)")
      if let problem = step.problem { lines.append("     not sent: " + problem) }
      for request in step.requests {
        lines.append("     \(request.method.rawValue) \(request.shownURL)")
        if let body = request.shownBody {
          lines += body.pretty.split(separator: "\n").map { "     " + $0 }
        }
      }
      if let remark = step.remark { lines.append("     " + remark) }
    }
    if steps.isEmpty && problem == nil { lines.append("  nothing is sent") }
    return lines.joined(separator: "\n")
  }

  fileprivate var json: JSONValue {
    [
      "event": .string(title), "notes": .array(notes.map(JSONValue.string)), "problem": .text(problem),
      "steps": .array(
        steps.map { step in
          [
            "mapping": .string(step.mapping.rawValue), "side": .string(step.side.rawValue),
            "as": .string(step.actor), "remark": .text(step.remark), "problem": .text(step.problem),
            "requests": .array(
              step.requests.map { request in
                [
                  "method": .string(request.method.rawValue), "path": .string(request.shownURL),
                  "body": request.shownBody ?? .null,
                ]
              }),
          ]
        }),
    ]
  }
}
