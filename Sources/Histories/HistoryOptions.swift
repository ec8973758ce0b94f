import MappingLanguage
package import Simulation
import SyncModel

/// What is so for a whole history; everything is derived from its seed.
package struct HistoryOptions: Hashable, Sendable {
  package var seed: UInt64
  /// How many actions until the faults stop.
  package var steps: Int
  package var mapping: MappingVariant
  package var echo: SimulatedCRMConfiguration.Echo
  /// CRM users who act, without the service user.
  package var people: Int
  /// Whether everybody is connected when it begins.
  package var beginsConnected: Bool
  package var searchLag: Duration
  /// The CRM's webhooks arrive in the order of what they tell.
  package var keepsOrder: Bool
  /// Some of the CRM's webhooks never arrive.
  package var losesWebhooks: Bool
  package var clockErrs: Bool
  /// How often the weather is bad: 0 never, 1 half of the time.
  package var faults: Double
  /// How often somebody acts between two requests of one operation.
  package var interrupts: Double
  /// How many operations are in hand at once.
  package var workers: Int
  /// How often what is done is a step of the engine rather than people's or the world's doing.
  package var diligence: Int
  /// Comments are edited and deleted, on both sides.
  package var changesComments: Bool
  package var site: HistorySite
  /// What becomes of one side when the other is deleted or opened again.
  package var lifecycle: Lifecycle

  package init(seed: UInt64, steps: Int) {
    var dice = SeededRandom(seed: seed &* 0x9E37_79B9 &+ 17)
    self.seed = seed
    self.steps = steps
    mapping = MappingVariant.allCases[dice.number(below: MappingVariant.allCases.count)]
    echo = dice.happens(0.5) ? .afterAnswer : .beforeAnswer
    people = 2 + dice.number(below: 2)
    beginsConnected = dice.happens(0.7)
    searchLag = .seconds([0, 2, 2, 6][dice.number(below: 4)])
    keepsOrder = dice.happens(0.5)
    losesWebhooks = dice.happens(0.15)
    clockErrs = dice.happens(0.15)
    faults = [0, 0.3, 0.6, 1][dice.number(below: 4)]
    interrupts = dice.happens(0.4) ? 0.1 : 0
    workers = 1 + dice.number(below: 4)
    diligence = 1 + dice.number(below: 4)
    // Dice of their own, so that what is new here leaves the rest as it was.
    var more = SeededRandom(seed: seed &* 0x85EB_CA6B &+ 29)
    changesComments = more.happens(0.5)
    var sites = SeededRandom(seed: seed &* HistorySite.spread &+ 57)
    site = HistorySite(using: &sites)
    var lives = SeededRandom(seed: seed &* Lifecycle.spread &+ 43)
    lifecycle = lives.happens(0.25) ? Lifecycle(using: &lives) : .usual
  }
}

extension HistoryOptions: CustomStringConvertible {
  package var description: String {
    var words = [
      "mapping \(mapping.rawValue)", "\(people) people\(beginsConnected ? ", connected" : "")", "\(workers) in hand",
      "diligence \(diligence)", "faults \(faults)", "search lag \(searchLag.milliseconds / 1000)s",
      echo == .beforeAnswer ? "echo before answer" : "echo after answer",
      keepsOrder ? "webhooks in order" : "webhooks out of order",
    ]
    if site != .cloud { words.append(site.rawValue) }
    if losesWebhooks { words.append("webhooks lost for ever") }
    if clockErrs { words.append("our clock errs") }
    if changesComments { words.append("comments change") }
    if lifecycle != .usual { words.append("\(lifecycle)") }
    if interrupts > 0 { words.append("people act between requests") }
    return words.joined(separator: ", ")
  }
}

extension SeededRandom {
  /// From 0 up to, not including, `bound`.
  mutating func number(below bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// One of some, which must not be none.
  mutating func pick<Element>(_ items: [Element]) -> Element { items[number(below: items.count)] }
}
