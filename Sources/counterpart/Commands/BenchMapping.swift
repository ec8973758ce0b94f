import ArgumentParser
import Foundation
import JSON
import JiraClient
import MappingLanguage
import RichText
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Wire

extension Bench {
  struct Mapping: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "What the mapping costs: an event to its request, HTML to Jira's document, checking and reloading files.",
      discussion: """
        One core, nothing sent, nothing stored, memory kept as a server keeps it. Each line is the median of several \
        rounds, with the fastest and the slowest; the event is planned by the steps that the server runs, from the \
        delivery's bytes to the body of the request that creates the issue.
        """)

    @Option(help: "Rounds of each measurement.") var rounds = 9
    @Option(help: "Mapping files in the folder that is checked.") var files = 500
    @Option(help: "One part alone: event, html or files.") var only: Part?
    @Option(help: "The profile of the connection.") var profile = "mappings/crm/generic.xml"

    enum Part: String, ExpressibleByArgument, CaseIterable { case event, html, files }

    func run() throws {
      Allocator.settle()
      guard let profile = FileManager.default.contents(atPath: profile) else {
        throw CommandError("there is no \(self.profile) here; name the profile with --profile")
      }
      for part in Part.allCases where only == nil || only == part {
        switch part {
        case .event: try event(Array(profile))
        case .html: html()
        case .files: check(Array(profile))
        }
      }
    }

    private func html() {
      let html = MappingWork.html
      measure("\(html.utf8.count) bytes of HTML to ADF", wanted: 250, repetitions: 400) {
        _ = RichTextConversion.adf(fromHTML: html)
      }
    }

    private func event(_ profile: [UInt8]) throws {
      guard let set = MappingSet.compile(files: MappingWork.files(mappings: 1, profile: profile)).set else {
        throw CommandError("the benchmark's own mapping does not compile")
      }
      let planning = EventPlanning(installation: Installation(mappings: set, secrets: [:]))
      let requests = JiraRequests(.gateway("https://bench.example", cloudID: "bench"))
      let event = EventToPlan(
        id: 1, connection: MappingWork.connection, caseID: "41", position: 0, body: MappingWork.event,
        receivedAt: Timestamp(milliseconds: 0), links: [:], people: People())
      func body() -> [UInt8] {
        guard case .planned(let plans) = planning.decide(event),
          case .createIssue(let creation)? = plans.first?.plan.operations.first?.call
        else { return [] }
        return requests.create(creation, token: Secret("")).body
      }
      let size = body().count
      let fields = try JSONReader.read(body())["fields"]?.members?.count ?? 0
      guard fields >= 25 else { throw CommandError("only \(fields) fields are written, so the figure would not count") }
      measure("\(MappingWork.event.count) bytes of event to \(size) bytes of request", wanted: 75, repetitions: 1000) {
        _ = body()
      }
    }

    private func check(_ profile: [UInt8]) {
      let all = MappingWork.files(mappings: files, profile: profile)
      measure("\(files) mapping files checked", wanted: 1_000_000, repetitions: 1) {
        _ = MappingSet.compile(files: all)
      }
      var memory = CompilationMemory()
      _ = memory.compile(files: all)
      var isChanged = false
      measure("\(files) mapping files after a change of one", wanted: 10_000, repetitions: 1) {
        isChanged.toggle()
        var changed = all
        if isChanged, let last = changed.indices.last { changed[last].bytes.append(0x0A) }
        _ = memory.compile(files: changed)
      }
    }

    private func measure(_ what: String, wanted: Int, repetitions: Int, _ work: () -> Void) {
      work()
      let times = (0..<max(1, rounds)).map { _ in
        let begin = ContinuousClock.now
        for _ in 0..<repetitions { work() }
        return (ContinuousClock.now - begin) / .microseconds(1) / Double(repetitions)
      }.sorted()
      let shown = [times[times.count / 2], times[0], times[times.count - 1]].map { String(format: "%.1f", $0) }
      Terminal.say("\(what): median \(shown[0]) µs (\(shown[1]) to \(shown[2])), wanted under \(wanted)")
    }
  }
}
