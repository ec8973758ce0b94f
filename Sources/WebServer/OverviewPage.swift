/// The first page's content.
struct OverviewPage: Sendable {
  struct Number: Sendable {
    var count: Int
    var label: String
    var tone: String
    var href: String
  }
  struct Waiting: Sendable {
    var who: String
    var connection: String
    /// "1 change", "3 changes".
    var changes: String
    var hint: String
  }
  struct Cause: Sendable {
    /// "1 change", "2 events".
    var things: String
    var cause: String
    var href: String
  }
  struct Connection: Sendable {
    var name: String
    var encodedName: String
    var lastRun: String
    var outcome: String?
    var progress: String
    var canReconcile: Bool
  }

  var page: PageFrame
  var notice: String?
  var numbers: [Number]
  var needsNobody: Bool
  var waiting: [Waiting]
  var causes: [Cause]
  var unreadable: [UnreadableDelivery]
  var connections: [Connection]
  var csrf: String
  var findings: MappingFindings
}
