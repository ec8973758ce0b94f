/// The first page's content.
struct OverviewPage: Sendable {
  struct Number: Sendable {
    var count: Int
    var label: String
    var tone: String
    var href: String
  }
  struct Cause: Sendable {
    /// "1 change", "2 events".
    var things: String
    var state: String
    var tone: String
    var cause: String
    /// Who can end it, and how.
    var end: String
    var href: String
  }
  struct Frozen: Sendable {
    var field: String
    var caseID: String
    var caseHref: String
  }
  /// Mappings that do not fit their Jira site.
  struct Drift: Sendable {
    var connection: String
    /// "2 errors, 1 warning".
    var findings: String
    var since: Moment
  }
  struct Connection: Sendable {
    var name: String
    var encodedName: String
    var lastRun: String
    var outcome: String?
    var progress: String
    var canReconcile: Bool
    /// How the mappings fit the Jira site, by the last check.
    var site: String
  }

  var page: PageFrame
  var notice: String?
  var numbers: [Number]
  var needsNobody: Bool
  var causes: [Cause]
  var frozen: [Frozen]
  var unreadable: [UnreadableDelivery]
  var drifts: [Drift]
  /// What waits for a limit of Jira's, each in a sentence.
  var waits: [String]
  var connections: [Connection]
  var csrf: String
  var findings: MappingFindings
}
