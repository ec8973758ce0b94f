import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Wire

/// What stands still for one cause, with what can be done about all of it.
struct CauseRow: Sendable {
  var cause: String
  var title: String
  /// "3 changes, 1 event".
  var things: String
  var state: String
  var tone: String
  var oldest: Moment
  var newest: Moment
  /// Who can end it, and how.
  var end: String
  var exampleCase: String
  var exampleHref: String
  /// What was said of the example, where that says more than the title.
  var exampleReason: String?
  var showHref: String
  var csrf: String
}

/// A field that went back and forth, and is stopped until somebody releases it.
struct FrozenRow: Sendable {
  var field: String
  var connection: String
  var caseID: String
  var caseHref: String
  var mapping: String
  var turns: Int
  var since: Moment
  var csrf: String
}

extension CauseGroup {
  /// Whose change the example is, where it waits for that person.
  var exampleActor: CRMUser? { example.actorID.map { CRMUser(id: $0, name: example.actorName) } }

  /// The cause in a few words.
  var title: String {
    let who = example.actorName ?? example.actorID?.rawValue ?? "somebody"
    guard let known else { return example.reason ?? cause }
    // An event's cause is its reason without the numbers in it.
    if known.reason == .unplannable, let reason = example.reason { return reason }
    return known.title(who: who)
  }

  /// Who can end it, and how.
  var end: String {
    known?.end(for: exampleActor, in: example.connection, retrying: nil)
      ?? "An admin, by having it tried again or giving it up."
  }

  var things: String {
    [(operations, "change"), (events, "event")].filter { $0.0 > 0 }.map { counted($0.0, $0.1) }.joined(separator: ", ")
  }

  var address: String { "/admin/work?cause=\(URLEncoding.component(cause))" }
}

extension OverviewPage.Cause {
  init(_ group: CauseGroup) {
    self.init(
      things: group.things, state: group.isHeld ? "held" : "dead", tone: group.isHeld ? "wait" : "bad",
      cause: group.title, end: group.end, href: group.address)
  }
}

extension CauseRow {
  init(_ group: CauseGroup, in context: RowContext) {
    self.init(
      cause: group.cause, title: group.title, things: group.things, state: group.isHeld ? "held" : "dead",
      tone: group.isHeld ? "wait" : "bad", oldest: context.moment(group.oldest), newest: context.moment(group.newest),
      end: group.end, exampleCase: group.example.caseID.rawValue,
      exampleHref: caseAddress(group.example.connection, group.example.caseID),
      exampleReason: group.example.reason == group.title ? nil : group.example.reason, showHref: group.address,
      csrf: context.session?.csrf.reveal() ?? "")
  }
}

extension FrozenRow {
  init(_ field: FrozenField, in context: RowContext) {
    self.init(
      field: field.field.rawValue, connection: field.connection.rawValue, caseID: field.caseID.rawValue,
      caseHref: caseAddress(field.connection, field.caseID), mapping: field.mapping.rawValue, turns: field.turns,
      since: context.moment(field.since), csrf: context.session?.csrf.reveal() ?? "")
  }
}
