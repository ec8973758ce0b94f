import ArgumentParser
import Foundation
import JSON
import MappingLanguage
import SyncModel

struct Preview: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints what a recorded delivery would lead to: the exact requests, as whom. Nothing is sent.",
    discussion: """
      A delivery that opens a case is shown as a new issue. Any other is shown for a case that is linked already (as \
      issue {issueId}); with --after, its fields are compared with an earlier delivery of the case, without it only \
      its comment counts.
      """)

  @Option(help: "The mapping's name.")
  var mapping: String

  @Option(help: "The recorded delivery: the body as the CRM sent it, or a JSON capture with it as body_raw.")
  var event: String

  @Option(help: "An earlier delivery of the same case, to compare the fields with.")
  var after: String?

  @Option(name: .customLong("as"), help: "Show it as caused by this CRM user.")
  var user: String?

  @Option(help: "The mappings folder; else COUNTERPART_MAPPINGS or ./mappings.")
  var mappings: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let folder = MappingsFolder(path: try mappings ?? Environment.settings().mappings, environment: [:])
    let (set, diagnostics) = MappingSet.compile(files: try folder.files())
    guard let set else {
      throw CommandError(
        "the mappings are wrong:\n" + diagnostics.map { "\(folder.path)/\($0)" }.joined(separator: "\n"))
    }
    guard let chosen = set.mapping(MappingName(mapping)) else {
      let names = set.mappings.map(\.name.rawValue).joined(separator: ", ")
      throw CommandError("there is no mapping '\(mapping)' in '\(folder.path)'; there are: \(names)")
    }
    let previews = try DeliveryPreview(set: set, mapping: chosen, user: user.map { CRMUserID($0) })
      .previews(of: try bytes(event), after: try after.map(bytes))
    if json {
      print(JSONValue.array(previews.map(\.json)).pretty)
    } else {
      print(previews.map(\.text).joined(separator: "\n\n"))
    }
    if previews.contains(where: { $0.problem != nil }) { throw ExitCode(1) }
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
