import HTTPTypes
import Hummingbird
import JSON
import SyncCore
import SyncEngine
import SyncModel
import SyncStore

/// What the pages show, as JSON for programs, which authenticate with `Authorization: Bearer` and the admin token.
struct APIRoutes: Sendable {
  let dependencies: WebDependencies
  let sessions: AdminSessions

  private var store: Store { dependencies.services.store }

  typealias Handler = @Sendable (Request, BasicRequestContext) async throws -> Response

  /// Lets through what brings the admin token (RFC 6750, 2.1).
  func authorized(_ body: @escaping Handler) -> Handler {
    { request, context in
      let words = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
      guard words.count == 2, words[0].lowercased() == "bearer", sessions.isAdminToken(String(words[1])) else {
        var answer = Response.jsonError(.unauthorized, "Send the admin token: Authorization: Bearer …")
        answer.headers[.wwwAuthenticate] = "Bearer"
        return answer
      }
      return try await body(request, context).kept()
    }
  }

  /// `GET /api/v1/events?before=…&limit=…`
  func events(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let fields = FormFields(request.queryPairs)
    let before = fields?["before"].flatMap { Int64($0) }
    let events = try await store.events(limit: limit(fields), before: before)
    return .json(["events": .array(events.map(\.json))])
  }

  /// `GET /api/v1/operations?state=…&limit=…`: what is open unless a state is named.
  func operations(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let fields = FormFields(request.queryPairs)
    var states = OperationLifecycle.State.allCases.filter { $0 != .done && $0 != .skipped }
    if let named = fields?["state"] {
      guard let state = OperationLifecycle.State(rawValue: named) else {
        let known = OperationLifecycle.State.allCases.map(\.rawValue).joined(separator: ", ")
        return .jsonError(.badRequest, "state is one of: \(known).")
      }
      states = [state]
    }
    let operations = try await store.operations(in: states, limit: limit(fields))
    return .json(["operations": .array(operations.map(\.json))])
  }

  /// `GET /api/v1/grants`
  func grants(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let grants = try await store.grants().map { grant in
      JSONValue.object([
        JSONMember("connection", .string(grant.connection.rawValue)),
        JSONMember("user", .string(grant.user.id.rawValue)), JSONMember("userName", .orNull(grant.user.name)),
        JSONMember("account", .string(grant.account.rawValue)),
        JSONMember("accountName", .string(grant.accountName)), JSONMember("state", .string(grant.state.rawValue)),
        JSONMember("connectedAt", .string(grant.connectedAt.description)),
        JSONMember("endsUnused", .orNull(grant.endsUnused?.description)),
      ])
    }
    return .json(["grants": .array(grants)])
  }

  /// `GET /api/v1/cases/{id}`: by the CRM's id, or by Jira's key or id.
  func cases(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let stories = try await store.stories(of: context.pathPart("id"))
    guard !stories.isEmpty else { return .jsonError(.notFound, "No case or issue of this name is known.") }
    return .json(["cases": .array(stories.map(\.json))])
  }

  /// `POST /api/v1/operations/{id}/retry`
  func retry(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard let id = Int64(context.pathPart("id")), try await store.operation(id) != nil else {
      return .jsonError(.notFound, "There is no such operation.")
    }
    guard try await store.retryOperation(id, now: dependencies.clock()) else {
      return .jsonError(.conflict, "The operation is neither held, waiting nor dead.")
    }
    dependencies.services.bell.ring()
    return .json(["retried": .integer(id)], status: .accepted)
  }

  private func limit(_ fields: FormFields?) -> Int {
    min(max(fields?["limit"].flatMap { Int($0) } ?? 100, 1), 500)
  }
}

extension JSONValue {
  static func orNull(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}

extension OperationSummary {
  fileprivate var json: JSONValue {
    [
      "id": .integer(id), "event": event.map { .integer($0) } ?? .null, "connection": .string(connection.rawValue),
      "case": .string(caseID.rawValue), "issue": .orNull(issueKey?.rawValue), "kind": .string(kind.rawValue),
      "actor": .orNull(actorID?.rawValue), "actorName": .orNull(actorName), "state": .string(state.rawValue),
      "heldFor": .orNull(holdReason?.rawValue), "attempt": .integer(attempt), "reason": .orNull(reason),
      "cause": .orNull(cause), "sentAs": .orNull(sentAs), "dueAt": .orNull(dueAt?.description),
      "createdAt": .string(createdAt.description),
      "settledAt": .orNull(settledAt?.description),
    ]
  }
}

extension EventSummary {
  fileprivate var json: JSONValue {
    [
      "id": .integer(id), "connection": .string(connection.rawValue), "case": .string(caseID.rawValue),
      "kind": .string(kind.rawValue), "actor": .orNull(actorID?.rawValue), "actorName": .orNull(actorName),
      "receivedAt": .string(receivedAt.description), "state": .string(state), "reason": .orNull(reason),
      "cause": .orNull(cause), "operations": .array(operations.map(\.json)),
    ]
  }
}

extension CaseStory {
  fileprivate var json: JSONValue {
    [
      "connection": .string(connection.rawValue), "case": .string(caseID.rawValue),
      "links": .array(
        links.map { link in
          [
            "mapping": .string(link.mapping.rawValue), "issue": .orNull(link.issueKey?.rawValue),
            "issueID": .orNull(link.issueID?.rawValue),
          ]
        }),
      "events": .array(events.map(\.json)), "operations": .array(operations.map(\.json)),
      "frozen": .array(frozen.map(\.json)),
      "story": .array(chapters.map { ["at": .string($0.at.description), "text": .string($0.text)] }),
    ]
  }
}
