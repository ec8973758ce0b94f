import HTTPTypes
import Hummingbird
import MappingLanguage
import SyncEngine
import SyncModel
import SyncStore

/// What admins can do; every one of these is a form that brought its session's token.
struct AdminChanges: Sendable {
  let dependencies: WebDependencies
  let pages: PageMaker

  private var store: Store { dependencies.services.store }

  /// `POST /admin/operations/{id}/retry`
  func retryOperation(_ fields: FormFields, _ request: Request, _ context: BasicRequestContext) async throws -> Response
  {
    let id = try number(context)
    guard try await store.retryOperation(id, now: dependencies.clock()) else { return nothingToDo("Operation \(id)") }
    dependencies.services.bell.ring()
    return .seeOther("/admin/work")
  }

  /// `POST /admin/operations/{id}/discard`
  func discardOperation(
    _ fields: FormFields, _ request: Request, _ context: BasicRequestContext
  ) async throws -> Response {
    let id = try number(context)
    guard let reason = fields["reason"], !reason.isEmpty, reason.utf8.count <= 400 else {
      return pages.message(
        "Nothing was changed", ["Say in a few words why the operation is given up."],
        link: MessagePage.Link(href: "/admin/work", label: "Back"), status: .badRequest)
    }
    guard try await store.discardOperation(id, reason: reason, now: dependencies.clock()) else {
      return nothingToDo("Operation \(id)")
    }
    // What waited behind the operation may go now.
    dependencies.services.bell.ring()
    return .seeOther("/admin/work")
  }

  /// `POST /admin/events/{id}/retry`
  func retryEvent(_ fields: FormFields, _ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let id = try number(context)
    guard try await store.retryEvent(id, now: dependencies.clock()) else { return nothingToDo("Event \(id)") }
    dependencies.services.bell.ring()
    return .seeOther("/admin/events/\(id)")
  }

  /// `POST /admin/people/disconnect`
  func disconnect(_ fields: FormFields, _ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard let connection = fields["connection"], let user = fields["user"] else { throw HTTPError(.badRequest) }
    _ = try await store.disconnect(
      connection: ConnectionName(connection), user: CRMUserID(user), now: dependencies.clock())
    return .seeOther("/admin/people")
  }

  /// `POST /admin/reconcile?connection=…`
  func reconcile(_ fields: FormFields, _ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard let run = dependencies.runReconcile,
      let name = FormFields(request.queryPairs)?["connection"].map({ ConnectionName($0) }),
      dependencies.services.live.current.mappings.connections[name] != nil
    else { throw HTTPError(.notFound) }
    return pages.message(
      "Reconciliation", [await run(name)], link: MessagePage.Link(href: "/admin", label: "To the overview"))
  }

  private func number(_ context: BasicRequestContext) throws -> Int64 {
    guard let id = Int64(context.pathPart("id")) else { throw HTTPError(.notFound) }
    return id
  }

  private func nothingToDo(_ thing: String) -> Response {
    pages.message(
      "Nothing was changed", ["\(thing) does not wait for anybody: it went on by itself, or somebody was faster."],
      link: MessagePage.Link(href: "/admin/work", label: "Back"), status: .conflict)
  }
}
