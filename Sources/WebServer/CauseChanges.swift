import HTTPTypes
import Hummingbird
import SyncEngine
import SyncModel
import SyncStore

/// What admins do to all that stands still for one cause; every one of these is a form that brought its session's token.
struct CauseChanges: Sendable {
  let dependencies: WebDependencies
  let pages: PageMaker

  private var store: Store { dependencies.services.store }

  /// `POST /admin/causes/retry`
  func retry(_ fields: FormFields, _ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard let cause = fields["cause"], let pace = RetryPace(fields["rate"]) else { throw HTTPError(.badRequest) }
    let counts = try await store.retry(.cause(cause), spacing: pace.spacing, now: dependencies.clock())
    dependencies.services.bell.ring()
    return answer(counts, "put back in line")
  }

  /// `POST /admin/causes/discard`
  func discard(_ fields: FormFields, _ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard let cause = fields["cause"] else { throw HTTPError(.badRequest) }
    guard let reason = fields["reason"], !reason.isEmpty, reason.utf8.count <= 400 else {
      return pages.message(
        "Nothing was changed", ["Say in a few words why they are given up."],
        link: MessagePage.Link(href: "/admin/work", label: "Back"), status: .badRequest)
    }
    let counts = try await store.discard(.cause(cause), reason: reason, now: dependencies.clock())
    dependencies.services.bell.ring()
    return answer(counts, "given up")
  }

  /// `POST /admin/fields/release`
  func release(_ fields: FormFields, _ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard let connection = fields["connection"], let caseID = fields["case"], let field = fields["field"] else {
      throw HTTPError(.badRequest)
    }
    let count = try await store.releaseField(
      FieldKey(field), case: CaseID(caseID), connection: ConnectionName(connection), now: dependencies.clock())
    dependencies.services.bell.ring()
    guard count > 0 else {
      return pages.message(
        "Nothing was changed", ["The field is not stopped: somebody was faster."],
        link: MessagePage.Link(href: "/admin/work", label: "Back"), status: .conflict)
    }
    return .seeOther("/admin/work")
  }

  private func answer(_ counts: (operations: Int, events: Int), _ what: String) -> Response {
    guard counts.operations + counts.events > 0 else {
      return pages.message(
        "Nothing was changed", ["Nothing stands still for this cause any more."],
        link: MessagePage.Link(href: "/admin/work", label: "Back"), status: .conflict)
    }
    return .seeOther("/admin/work")
  }
}

/// How fast what stood still is sent again: so many a second.
struct RetryPace: Hashable, Sendable {
  /// What nobody notices at Jira, whose bursts end at fifty a second.
  static let usual = 20

  var rate: Int

  /// Nil where the text is no number from 1 to 1000.
  init?(_ text: String?) {
    guard let rate = text.map({ Int($0) }) ?? Self.usual, (1...1000).contains(rate) else { return nil }
    self.rate = rate
  }

  var spacing: Duration { .milliseconds(1000 / rate) }
}
