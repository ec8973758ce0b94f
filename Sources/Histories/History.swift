import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore

/// One life of an installation, all of it diced from one seed: people work on both sides, webhooks go astray, answers
/// are lost, processes die, and the steps that ship run between all of that, one action at a time. After each action
/// the promises are held against what the far sides saw; at the end the weather clears, and everything must come to
/// rest with both sides agreeing.
package final class History {
  /// How a history ended.
  package struct Outcome: Hashable, Sendable {
    package var seed: UInt64
    package var options: String
    package var actions: Int
    package var fingerprint: UInt64
    /// Which promise was broken, and when; nil: none.
    package var violation: String?
    /// The trace, where it was asked for.
    package var lines: [String]
  }

  /// An operation in the hands of one of our workers.
  struct Hand {
    var operation: ClaimedOperation
    /// Nil: not performed yet.
    var settlement: Settlement?
  }

  let options: HistoryOptions
  let mutant: Mutant?
  let stage: Stage
  let people: People
  let courier: Courier
  let disk: Disk
  var dice: SeededRandom
  var truth: Truth
  var trace: Trace
  var hands: [Hand] = []
  /// Answers in a process that hung, and whose work another one took over.
  var lateAnswers: [Hand] = []
  var leftByCrash: Set<Int64> = []
  private var actions = 0
  private var promisesSeen = 0
  private let meanwhile: Meanwhile

  private init(_ options: HistoryOptions, mutant: Mutant?, keepsTrace: Bool) throws {
    self.options = options
    self.mutant = mutant
    disk = try Disk(isWritten: mutant == .losesTheLastCommits)
    stage = Stage(options, store: try disk.open(), mutant: mutant)
    people = People(jira: stage.jira, crm: stage.crm, options: options)
    courier = Courier(crm: stage.crm, clock: stage.clock, intake: stage.intake, mutant: mutant)
    dice = SeededRandom(seed: options.seed)
    truth = Truth(options: options)
    trace = Trace(isKept: keepsTrace)
    meanwhile = Meanwhile(people: people, clock: stage.clock, options: options)
    stage.network.set(meanwhile: meanwhile.happen, echo: Self.echo(courier, stage.crm, options))
  }

  /// Lives one history.
  ///
  /// - Parameter steps: how many actions until the faults stop.
  package static func live(
    seed: UInt64, steps: Int, mutant: Mutant? = nil, keepsTrace: Bool = false
  ) async throws -> Outcome {
    let options = HistoryOptions(seed: seed, steps: steps)
    let history = try History(options, mutant: mutant, keepsTrace: keepsTrace)
    defer { history.disk.remove() }
    try await history.run()
    if keepsTrace, history.truth.violation != nil { try await history.tell() }
    return Outcome(
      seed: seed, options: options.description, actions: history.actions, fingerprint: history.trace.fingerprint,
      violation: history.truth.violation.map { "at action \(history.actions): \($0)" }, lines: history.trace.lines)
  }

  /// What both sides and Counterpart itself say of each case, for whoever has to find out what broke the promise.
  private func tell() async throws {
    for id in truth.caseOrder {
      guard let item = truth.cases[id] else { continue }
      trace.add("case \(id)")
      for (name, course) in item.fields.sorted(by: { $0.key < $1.key }) { trace.add("  \(name): \(course)") }
      for issue in item.issues.compactMap({ truth.issues[$0] }) {
        trace.add("issue \(issue.id)")
        for (name, course) in issue.fields.sorted(by: { $0.key < $1.key }) { trace.add("  \(name): \(course)") }
      }
      for story in try await stage.store.stories(of: id) {
        for chapter in story.chapters {
          trace.add("  \(chapter.at) \(chapter.event.map { "event \($0): " } ?? "")\(chapter.text)")
        }
        for conflict in story.conflicts.map(\.conflict) {
          trace.add("  lost on \(conflict.field): CRM \(conflict.crm), Jira \(conflict.jira)")
        }
      }
    }
  }

  private func run() async throws {
    if options.beginsConnected {
      for user in [Stage.service] + Stage.users.prefix(options.people) { _ = await connect(user) }
    }
    for _ in 0..<options.steps {
      try await step { try await self.act() }
      guard truth.violation == nil else { return }
    }
    try await comeToRest()
  }

  /// One action, and everything that must hold after it.
  func step(_ action: () async throws -> String?) async throws {
    actions += 1
    stage.clock.advance(by: .milliseconds(Int64(5 + dice.number(below: 300))))
    let words = try await action()
    truth.observe(crm: stage.crm.takeEffects(), jira: stage.jira.takeEffects())
    let interruptions = meanwhile.take()
    if words != nil || !interruptions.isEmpty {
      let aside = interruptions.isEmpty ? "" : " (meanwhile \(interruptions.joined(separator: ", ")))"
      trace.add("\(actions) \(stage.clock.world) \(words ?? "")\(aside)")
    }
    try await checkDeliveries()
    if let broken = truth.violation { trace.add("broken: \(broken)") }
    people.see(
      cases: truth.caseOrder.filter { !(truth.cases[$0]?.isDeleted ?? true) }.compactMap { Int($0) },
      issues: truth.issueOrder.compactMap { truth.issues[$0] }.filter { !$0.isDeleted }.map { issue in
        People.IssueInView(id: issue.id, caseNumber: Int(issue.caseID) ?? 0, isInSupport: issue.isInSupport)
      }, comments: options.changesComments ? truth.commentsInView : [])
    disk.keepCopy()
  }

  /// Every accepted delivery is in the store, once, at any time: the CRM sends one event each, however often it sends it,
  /// and none ever leaves.
  func checkDeliveries(always: Bool = false) async throws {
    let promises = courier.promises
    if let violation = promises.violation { truth.fail(violation) }
    guard always || promises.accepted.count != promisesSeen else { return }
    promisesSeen = promises.accepted.count
    let stored = try await stage.store.events(limit: 1).first?.id ?? 0
    if stored != promisesSeen {
      truth.fail("\(promisesSeen) deliveries were accepted, and \(stored) events are stored")
    }
  }

  func stopInterruptions() { meanwhile.stop() }

  private static func echo(
    _ courier: Courier, _ crm: SimulatedCRM, _ options: HistoryOptions
  ) -> @Sendable () async -> Void {
    guard options.echo == .beforeAnswer, !options.losesWebhooks else { return {} }
    if options.keepsOrder { return { await courier.carryAll() } }
    return { if let last = crm.queuedDeliveries.last { await courier.carry(last) } }
  }
}
