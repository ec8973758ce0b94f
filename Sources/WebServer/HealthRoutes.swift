import HTTPTypes
import Hummingbird
import JSON
import Logging
import MappingLanguage
import NIOCore
import SyncCore
import SyncEngine
import SyncModel
import SyncStore

/// What machines ask of a running process.
struct HealthRoutes: Sendable {
  let dependencies: WebDependencies

  /// `GET /health/live`: the process answers; nothing else is looked at.
  func live(_ request: Request, _ context: BasicRequestContext) -> Response { .text("ok\n") }

  /// `GET /health/ready`: the database takes writes. Mappings that were refused do not count against it, since the last
  /// good ones run on, nor do those that no longer fit their Jira site.
  func ready(_ request: Request, _ context: BasicRequestContext) async -> Response {
    let isWritable: Bool
    do {
      try await dependencies.services.store.proveWritable()
      isWritable = true
    } catch {
      context.logger.warning("database not writable", metadata: ["error.type": "\(type(of: error))"])
      isWritable = false
    }
    let installation = dependencies.services.live.current
    let diagnostics = installation.diagnostics
    let errors = diagnostics.count { $0.severity == .error }
    var mappings: [JSONMember] = [
      JSONMember("good", .bool(errors == 0)), JSONMember("diagnostics", .integer(diagnostics.count)),
    ]
    if let version = installation.version {
      mappings.append(JSONMember("version", .integer(version.id)))
      mappings.append(JSONMember("liveSince", .string((version.liveAt ?? version.keptAt).description)))
    }
    if errors > 0 { mappings.append(JSONMember("note", "the last good version keeps running")) }
    var members = [JSONMember("database", ["writable": .bool(isWritable)]), JSONMember("mappings", .object(mappings))]
    if let checks = try? await siteChecks(), !checks.isEmpty {
      let errors = checks.reduce(0) { $0 + $1.errors }
      members.append(
        JSONMember(
          "site",
          [
            "good": .bool(errors == 0), "errors": .integer(errors),
            "warnings": .integer(checks.reduce(0) { $0 + $1.warnings }),
          ]))
    }
    return .json(
      .object(members),
      status: isWritable ? .ok : .serviceUnavailable)
  }

  /// The last check of each connection that runs.
  private func siteChecks() async throws -> [SiteCheck] {
    let checks = try await dependencies.services.store.siteChecks()
    return dependencies.services.live.current.mappings.connections.keys.sorted().compactMap { checks[$0] }
  }

  /// `GET /metrics`, in Prometheus' text format
  /// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
  func metrics(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let counts = try await dependencies.services.store.counts()
    let errors = dependencies.services.live.current.diagnostics.count { $0.severity == .error }
    var lines: [String] = []
    func gauge(_ name: String, _ help: String, _ samples: [(labels: String, value: Int)], type: String = "gauge") {
      lines += ["# HELP counterpart_\(name) \(help)", "# TYPE counterpart_\(name) \(type)"]
      lines += samples.map { "counterpart_\(name)\($0.labels) \($0.value)" }
    }
    gauge("events_pending", "Events that are not planned yet.", [("", counts.pendingEvents)])
    gauge("people_to_look_up", "CRM users for whom events wait.", [("", counts.peopleToLookUp)])
    gauge("events_dead", "Events that cannot be planned as they stand.", [("", counts.deadEvents)])
    gauge("deliveries_dead", "Genuine deliveries that cannot be read.", [("", counts.deadDeliveries)])
    gauge(
      "deliveries_refused_total", "Deliveries that were not believed.", [("", counts.refusedDeliveries)],
      type: "counter")
    let open = OperationLifecycle.State.allCases.filter { $0 != .done && $0 != .skipped }
    gauge(
      "operations", "Operations that are not finished, by state.",
      open.map { ("{state=\"\($0.rawValue)\"}", counts.operations[$0] ?? 0) })
    gauge(
      "grants", "People who have connected, by state.",
      [("{state=\"active\"}", counts.grants), ("{state=\"lapsed\"}", counts.lapsedGrants)])
    gauge(
      "connect_steps_total", "Steps of connecting since the start, by what came of them.",
      dependencies.connect.audit.counts.map { ("{outcome=\"\($0.outcome)\"}", $0.count) }, type: "counter")
    gauge("fields_frozen", "Fields that went back and forth and are stopped.", [("", counts.frozenFields)])
    gauge("links", "Cases that are joined to an issue.", [("", counts.links)])
    gauge("mapping_errors", "Errors in the newest mapping files.", [("", errors)])
    let checks = try await siteChecks()
    gauge(
      "site_check_findings", "What the last check of the mappings against the Jira site found.",
      checks.flatMap { check in
        [("error", check.errors), ("warning", check.warnings)].map {
          ("{connection=\"\(check.connection)\",severity=\"\($0.0)\"}", $0.1)
        }
      })
    gauge(
      "site_check_time_seconds", "When the last whole check was, in Unix time.",
      checks.map { ("{connection=\"\($0.connection)\"}", Int($0.checkedAt.milliseconds / 1000)) })
    for metric in try await dependencies.services.pace.report().metrics {
      gauge(metric.name, metric.help, metric.samples, type: metric.type)
    }
    var answer = Response.text(lines.joined(separator: "\n") + "\n")
    answer.headers[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
    return answer
  }

  /// `GET /assets/counterpart-….css`
  func stylesheet(_ request: Request, _ context: BasicRequestContext) -> Response {
    Response(
      status: .ok,
      headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=31536000, immutable"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: Stylesheet.bytes)))
  }
}
