import JSON
import SyncModel
import Wire

/// What Jira Cloud allows of the app, after https://developer.atlassian.com/cloud/jira/platform/rate-limiting/.
struct JiraLimits {
  private struct Bucket {
    var tokens: Double
    var filledAt: Timestamp
  }

  /// Since the beginning of the hour of the UTC clock.
  private(set) var pointsUsed = 0
  private var hour: Timestamp?
  private var buckets: [String: Bucket] = [:]

  private static func hour(of now: Timestamp) -> Timestamp {
    Timestamp(milliseconds: now.milliseconds - now.milliseconds % 3_600_000)
  }

  mutating func refuseOverQuota(_ limit: Int?, now: Timestamp) throws(Refusal) {
    let hour = Self.hour(of: now)
    if self.hour != hour { (self.hour, pointsUsed) = (hour, 0) }
    guard let limit, pointsUsed >= limit else { return }
    let reset = hour + .seconds(3600)
    var response = WireResponse.rateLimited(
      reason: "jira-quota-global-based", retryAfter: .milliseconds((reset - now).milliseconds + 999))
    response.headers += [
      WireHeader("X-RateLimit-Limit", String(limit)), WireHeader("X-RateLimit-Reset", reset.description),
    ]
    throw Refusal(response)
  }

  /// A token bucket for each method and endpoint.
  mutating func refuseBurst(_ method: WireRequest.Method, _ endpoint: String, now: Timestamp) throws(Refusal) {
    let rate = Self.perSecond(method, endpoint)
    let key = method.rawValue + " " + endpoint
    var bucket = buckets[key] ?? Bucket(tokens: rate, filledAt: now)
    bucket.tokens = min(rate, bucket.tokens + Double(max(0, (now - bucket.filledAt).milliseconds)) / 1000 * rate)
    bucket.filledAt = now
    defer { buckets[key] = bucket }
    guard bucket.tokens >= 1 else {
      throw Refusal(.rateLimited(reason: "jira-burst-based", retryAfter: .seconds(1)))
    }
    bucket.tokens -= 1
  }

  private static func perSecond(_ method: WireRequest.Method, _ endpoint: String) -> Double {
    switch (method, endpoint) {
    case (.get, "/rest/api/3/issue/{issue}"): 150
    case (.get, "/rest/api/3/issue/{issue}/changelog"): 200
    case (.get, "/rest/api/3/attachment/content/{attachment}"): 300
    case (.put, _), (.delete, _): 50
    default: 100
    }
  }

  /// Takes the points of an answer, and says in its headers how many are left.
  mutating func charge(
    _ request: WireRequest, _ path: [String], _ response: inout WireResponse, limit: Int?, announces: Bool,
    now: Timestamp
  ) {
    pointsUsed += Self.cost(request.method, path, response)
    guard let limit, announces else { return }
    let left = max(0, limit - pointsUsed)
    let seconds = 3600 - (now - Self.hour(of: now)).components.seconds
    response.headers.append(WireHeader("Beta-RateLimit", "\"global-app-quota\";r=\(left);t=\(seconds)"))
    if left * 5 < limit { response.headers.append(WireHeader("X-RateLimit-NearLimit", "true")) }
  }

  private static func cost(_ method: WireRequest.Method, _ path: [String], _ response: WireResponse) -> Int {
    let isRead =
      method == .get || ["search", "changelog"].contains(path[0]) || path.last == "bulkfetch"
      || path == ["comment", "list"]
    guard isRead, (200..<300).contains(response.status) else { return 1 }
    if ["myself", "mypermissions"].contains(path[0]) || path == ["user"] { return 3 }
    if path == ["user", "search"] {
      let found = try? JSONReader.read(response.body)
      return 1 + 2 * (found?.array?.count ?? 0)
    }
    guard path[0] != "attachment", path.count != 2 || path[0] != "issue" || path[1] == "bulkfetch",
      let json = try? JSONReader.read(response.body)
    else { return 2 }
    for name in ["issues", "comments", "values", "issueChangeLogs", "fields", "issueTypes"] {
      if let list = json[name]?.array { return 1 + list.count }
    }
    return 1 + (json.array?.count ?? 1)
  }
}

extension JiraWorld {
  /// Carries out a request to the site's interface, within what the app may.
  mutating func limited(
    _ call: JiraCall, _ answer: (inout JiraWorld) throws(Refusal) -> WireResponse
  ) throws(Refusal) -> WireResponse {
    let costsPoints = call.request.header("Authorization")?.hasPrefix("Bearer ") == true
    if costsPoints { try limits.refuseOverQuota(configuration.pointsPerHour, now: call.now) }
    if configuration.limitsBursts { try limits.refuseBurst(call.request.method, note.template, now: call.now) }
    var response: WireResponse
    do throws(Refusal) { response = try answer(&self) } catch {
      response = error.response
      if response.status == 429 { throw error }
    }
    if costsPoints {
      limits.charge(
        call.request, call.path, &response, limit: configuration.pointsPerHour,
        announces: configuration.announcesPoints, now: call.now)
    }
    return response
  }

  /// The limit on writes to one issue: so many in two seconds, and so many in thirty.
  mutating func limitWrites(_ place: Int, now: Timestamp) throws(Refusal) {
    let windows: [(limit: Int?, span: Duration)] = [
      (configuration.issueWriteLimit, .seconds(2)), (configuration.issueWriteLimitOfHalfMinute, .seconds(30)),
    ]
    for window in windows {
      let recent = issues[place].recentWrites.filter { now - $0 < window.span }
      guard let limit = window.limit, recent.count >= limit, let first = recent.first else { continue }
      let wait = window.span - (now - first)
      throw Refusal(
        .rateLimited(
          reason: "jira-per-issue-on-write", retryAfter: .seconds((wait.milliseconds + 999) / 1000)))
    }
  }
}
