import HTTPTypes
import Hummingbird
import JSON
import SyncEngine
import SyncModel
import SyncStore

/// What stands still, by its cause, and what can be done about all of it, for programs.
struct CauseAPI: Sendable {
  let dependencies: WebDependencies

  private var store: Store { dependencies.services.store }

  /// `GET /api/v1/causes`
  func list(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    .json(["causes": .array(try await store.causes().map(\.json))])
  }

  /// `POST /api/v1/causes/retry` with the fields `cause` and, if wanted, `rate`.
  func retry(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let fields = FormFields(try await request.formPairs(within: dependencies.bodyDeadline))
    guard let cause = fields?["cause"] else { return .jsonError(.badRequest, "The field cause is missing.") }
    guard let pace = RetryPace(fields?["rate"]) else {
      return .jsonError(.badRequest, "rate is a number from 1 to 1000.")
    }
    let counts = try await store.retry(.cause(cause), spacing: pace.spacing, now: dependencies.clock())
    dependencies.services.bell.ring()
    guard counts.operations + counts.events > 0 else { return none }
    return .json(["retried": Self.json(counts)], status: .accepted)
  }

  /// `POST /api/v1/causes/discard` with the fields `cause` and `reason`.
  func discard(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let fields = FormFields(try await request.formPairs(within: dependencies.bodyDeadline))
    guard let cause = fields?["cause"], let reason = fields?["reason"], !reason.isEmpty, reason.utf8.count <= 400 else {
      return .jsonError(.badRequest, "The fields cause and reason are needed; reason has at most 400 bytes.")
    }
    let counts = try await store.discard(.cause(cause), reason: reason, now: dependencies.clock())
    dependencies.services.bell.ring()
    guard counts.operations + counts.events > 0 else { return none }
    return .json(["discarded": Self.json(counts)])
  }

  /// `GET /api/v1/fields/frozen`
  func frozen(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    .json(["fields": .array(try await store.frozenFields(limit: 1000).map(\.json))])
  }

  /// `POST /api/v1/fields/release` with the fields `connection`, `case` and `field`.
  func release(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let fields = FormFields(try await request.formPairs(within: dependencies.bodyDeadline))
    guard let connection = fields?["connection"], let caseID = fields?["case"], let field = fields?["field"] else {
      return .jsonError(.badRequest, "The fields connection, case and field are needed.")
    }
    let count = try await store.releaseField(
      FieldKey(field), case: CaseID(caseID), connection: ConnectionName(connection), now: dependencies.clock())
    dependencies.services.bell.ring()
    guard count > 0 else { return .jsonError(.conflict, "The field of this case is not stopped.") }
    return .json(["released": .integer(count)], status: .accepted)
  }

  private var none: Response { .jsonError(.conflict, "Nothing stands still for this cause.") }

  private static func json(_ counts: (operations: Int, events: Int)) -> JSONValue {
    ["operations": .integer(counts.operations), "events": .integer(counts.events)]
  }
}

extension CauseGroup {
  var json: JSONValue {
    [
      "cause": .string(cause), "title": .string(title), "end": .string(end),
      "state": .string(isHeld ? "held" : "dead"), "operations": .integer(operations), "events": .integer(events),
      "oldest": .string(oldest.description), "newest": .string(newest.description),
      "example": [
        "connection": .string(example.connection.rawValue), "case": .string(example.caseID.rawValue),
        "operation": example.operation.map { .integer($0) } ?? .null,
        "event": example.event.map { .integer($0) } ?? .null, "reason": .orNull(example.reason),
      ],
    ]
  }
}

extension FrozenField {
  var json: JSONValue {
    [
      "connection": .string(connection.rawValue), "case": .string(caseID.rawValue),
      "issue": .orNull(issueKey?.rawValue),
      "mapping": .string(mapping.rawValue), "field": .string(field.rawValue), "since": .string(since.description),
      "turns": .integer(turns),
    ]
  }
}
