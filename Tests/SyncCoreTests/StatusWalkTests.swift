import SyncCore
import Testing

@Suite("The way to a status")
struct StatusWalkTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var from: String
    var open: [String]
    var via: [String] = []
    var passed: [String] = []
    /// The status that is gone to; nil: the walk is stuck.
    var next: String?
    var words = ""
  }

  /// The mapping's pairs: To Do, In Progress, Review, Done.
  static let rows = [
    Row(testDescription: "straight", from: "To Do", open: ["Review", "Done"], next: "Done"),
    Row(testDescription: "straight, whatever via says", from: "To Do", open: ["Done"], via: ["Review"], next: "Done"),
    Row(testDescription: "straight, in other letters", from: "To Do", open: ["done"], next: "done"),
    Row(testDescription: "the one between", from: "To Do", open: ["Blocked", "Review"], next: "Review"),
    Row(testDescription: "back again", from: "Closed", open: ["Review"], next: "Review"),
    Row(
      testDescription: "several between", from: "To Do", open: ["In Progress", "Review"], next: nil,
      words: "no transition leads from To Do to Done for this person, and it could go on by In Progress or Review: "
        + "name the way with via=\"…\""),
    Row(
      testDescription: "none between", from: "Review", open: ["In Progress", "To Do"], next: nil,
      words: "no transition leads from Review to Done for this person"),
    Row(
      testDescription: "via, as far as it goes", from: "To Do", open: ["In Progress", "Blocked"],
      via: ["In Progress", "Blocked", "QA"], next: "Blocked"),
    Row(
      testDescription: "via goes on", from: "blocked", open: ["In Progress", "QA"],
      via: ["In Progress", "Blocked", "QA"], next: "QA"),
    Row(
      testDescription: "never twice", from: "In Progress", open: ["To Do"], via: ["To Do", "QA"], passed: ["To Do"],
      next: nil,
      words: "no transition leads from In Progress to Done for this person, nor to any of via=\"To Do, QA\""),
    Row(testDescription: "from a status that is not mapped", from: "Blocked", open: ["Review"], next: "Review"),
  ]

  @Test("Each step goes where it is known to lead on, and nothing is guessed", arguments: rows)
  func step(_ row: Row) {
    let walk = StatusWalk(target: "Done", via: row.via, order: ["To Do", "In Progress", "Review", "Done"])
    let ways = row.open.enumerated().map { JiraTransition(id: "\($0)", name: "", toStatus: $1, fields: []) }
    switch walk.step(from: row.from, among: ways, passed: row.passed) {
    case .take(let way): #expect(way.toStatus == row.next)
    case .stuck(let words):
      #expect(row.next == nil)
      #expect(words == row.words)
    }
  }

  @Test("Of two ways to one status the one is taken whose screen can be filled in")
  func screens() {
    func way(_ id: String, _ field: String) -> JiraTransition {
      JiraTransition(id: id, name: "", toStatus: "Done", fields: [.init(id: field, isRequired: true)])
    }
    let walk = StatusWalk(target: "Done", supplied: ["resolution"])
    #expect(
      walk.step(from: "To Do", among: [way("1", "cause"), way("2", "resolution")], passed: [])
        == .take(way("2", "resolution")))
    #expect(walk.step(from: "To Do", among: [way("1", "cause")], passed: []) == .take(way("1", "cause")))
  }
}
