import Hummingbird
import JSON
import SyncCore
import SyncEngine
import SyncModel

/// How the pace of requests to Jira stands, on a page.
struct PaceSection: Sendable {
  struct Tenant: Sendable {
    var name: String
    /// "1,200 points in 900 requests"
    var people: String
    var upkeep: String
    var state: String
    var tone: String
  }

  /// How much of the hour's points is used.
  var used: String
  var reset: Moment
  /// What is kept for people.
  var kept: String
  /// What Jira says is gone beyond that.
  var elsewhere: String?
  /// What waits, each in a sentence.
  var waits: [String]
  var tenants: [Tenant]

  init?(_ report: JiraPaceReport, now: Timestamp) {
    guard !report.tenants.isEmpty else { return nil }
    used = "\(grouped(report.spent)) of \(grouped(report.budget.perHour)) points are used"
    reset = Moment(report.reset, now: now)
    kept = "\(grouped(report.budget.forPeople)) of them are kept for what people do"
    elsewhere =
      report.elsewhere > 0
      ? "Jira says that \(grouped(report.elsewhere)) more are gone than were counted here." : nil
    waits = report.waits
    tenants = report.tenants.map { tenant in
      let wait = tenant.wait(report)
      return Tenant(
        name: tenant.connection.rawValue, people: Self.words(tenant.people), upkeep: Self.words(tenant.upkeep),
        state: wait ?? "goes on", tone: wait == nil ? "good" : "wait")
    }
  }

  private static func words(_ spending: PointsLedger.Spending) -> String {
    "\(grouped(spending.points)) in \(counted(spending.requests, "request"))"
  }
}

extension JiraPaceReport.Tenant {
  /// What of it waits, and until when.
  fileprivate func wait(_ report: JiraPaceReport) -> String? {
    if let until = report.appWaitsUntil ?? peopleWaitUntil {
      return "waits for Jira's hourly quota until \(until.clockTime)"
    }
    if let siteWaitsUntil { return "waits for the site's limit until \(siteWaitsUntil.clockTime)" }
    return upkeepWaitsUntil.map { "people go on; runs wait until \($0.clockTime)" }
  }
}

extension JiraPaceReport {
  /// What waits, each in a sentence; the widest first, and what the app waits for once for all.
  var waits: [String] {
    if let appWaitsUntil { return ["Every connection waits for Jira's hourly quota until \(appWaitsUntil.clockTime)."] }
    return tenants.compactMap { tenant in tenant.wait(self).map { "“\(tenant.connection)”: \($0)." } }
  }

  var json: JSONValue {
    [
      "hour": .string(hour.description), "reset": .string(reset.description),
      "pointsPerHour": .integer(budget.perHour), "keptForPeople": .integer(budget.forPeople), "used": .integer(spent),
      "remaining": .integer(remaining), "usedElsewhere": .integer(elsewhere),
      "waitsUntil": .orNull(appWaitsUntil?.description),
      "connections": .array(
        tenants.map { tenant in
          [
            "connection": .string(tenant.connection.rawValue), "people": tenant.people.json,
            "upkeep": tenant.upkeep.json, "peopleWaitUntil": .orNull(tenant.peopleWaitUntil?.description),
            "upkeepWaitsUntil": .orNull(tenant.upkeepWaitsUntil?.description),
            "siteWaitsUntil": .orNull(tenant.siteWaitsUntil?.description),
          ]
        }),
    ]
  }

  /// The same for `/metrics`: name, help, type, and the samples.
  var metrics: [(name: String, help: String, type: String, samples: [(labels: String, value: Int)])] {
    let levels = CallFailure.RateLimit.Level.allCases
    func count(_ read: (Counts) -> Int) -> [(labels: String, value: Int)] {
      levels.map { ("{level=\"\($0.rawValue)\"}", counts[$0].map(read) ?? 0) }
    }
    var stops = appWaitsUntil.map { [("{level=\"app\",connection=\"\"}", Int($0.milliseconds / 1000))] } ?? []
    for tenant in tenants {
      let waits = [
        ("site", tenant.siteWaitsUntil), ("people", tenant.peopleWaitUntil), ("upkeep", tenant.upkeepWaitsUntil),
      ]
      for (level, until) in waits {
        guard let until else { continue }
        stops.append(("{level=\"\(level)\",connection=\"\(tenant.connection)\"}", Int(until.milliseconds / 1000)))
      }
    }
    return [
      (
        "jira_points_used", "Points of this hour that were spent, by connection and purpose.", "gauge",
        tenants.flatMap { tenant in
          [("people", tenant.people.points), ("upkeep", tenant.upkeep.points)].map {
            ("{connection=\"\(tenant.connection)\",purpose=\"\($0.0)\"}", $0.1)
          }
        }
      ),
      ("jira_points_remaining", "Points of this hour that are left, of all connections.", "gauge", [("", remaining)]),
      ("jira_points_per_hour", "Points that the app has for an hour.", "gauge", [("", budget.perHour)]),
      ("jira_paused_until_seconds", "Until when something waits for a limit of Jira's, in Unix time.", "gauge", stops),
      (
        "jira_requests_held_back_total", "Times that a request waited so that no limit of Jira's was met.", "counter",
        count(\.heldBack)
      ),
      (
        "jira_requests_limited_total", "Requests that Jira answered with 429, by what the limit concerns.", "counter",
        count(\.refused)
      ),
    ]
  }
}

extension PointsLedger.Spending {
  fileprivate var json: JSONValue { ["points": .integer(points), "requests": .integer(requests)] }
}

/// The pace for programs.
struct PaceAPI: Sendable {
  let dependencies: WebDependencies

  /// `GET /api/v1/pace`
  func show(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    .json(["pace": try await dependencies.services.pace.report().json])
  }
}

/// `65,000`
private func grouped(_ number: Int) -> String {
  let digits = Array(String(number))
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0, digits[index - 1] != "-" { text += "," }
    text.append(digit)
  }
  return text
}
