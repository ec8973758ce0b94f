import JSON
import SyncModel
import Wire

/// `POST /search/jql`: answers from an index that lags behind, but for the issues that are to be reconciled.
extension JiraWorld {
  private static let bodyMembers: Set<String> = [
    "jql", "fields", "maxResults", "nextPageToken", "expand", "properties", "fieldsByKeys", "reconcileIssues",
  ]

  func search(_ call: JiraCall) throws(Refusal) -> WireResponse {
    let body = try call.json()
    guard let members = body.members, members.allSatisfy({ Self.bodyMembers.contains($0.key) }),
      body["expand"].map({ $0.string != nil }) ?? true, body["fields"].map({ $0.array != nil }) ?? true
    else { throw invalidPayload() }
    let query = try query(body.text("jql"))
    guard !query.clauses.isEmpty else {
      throw errors(
        400, ["Unbounded JQL queries are not allowed here. Please add a search restriction to your query."])
    }
    let asked = body["maxResults"].map { $0.int ?? 0 } ?? 50
    guard (1...5000).contains(asked) else {
      throw errors(400, ["The max results parameter has to be between 1 and 5,000."])
    }
    try checkValues(query, for: call)
    let fingerprint = Self.fingerprint(body.text("jql"))
    let start = try start(body["nextPageToken"], fingerprint: fingerprint)
    let reconciled = Set((body["reconcileIssues"]?.array ?? []).compactMap(\.text))
    guard reconciled.count <= 50 else { throw errors(400, ["You may only reconcile up to 50 issues."]) }
    let found = matches(query, reconciled: reconciled, for: call)
    let page = found.dropFirst(start).prefix(min(Int(asked), configuration.largestPage))
    let fields = body["fields"]?.array?.compactMap(\.string) ?? ["id"]
    let properties = body.strings("properties")
    let shown = page.map { issue in
      fields == ["id"] && properties.isEmpty
        ? ["id": .string(issue.id)] as JSONValue : json(issue, fields: fields, properties: properties, call: call)
    }
    let end = start + page.count
    var answer = [JSONMember("issues", .array(shown)), JSONMember("isLast", .bool(end >= found.count))]
    if end < found.count { answer.append(JSONMember("nextPageToken", .string("\(fingerprint)-\(end)"))) }
    return .json(200, .object(answer))
  }

  private func query(_ jql: String) throws(Refusal) -> JQLQuery {
    do throws(JQLQuery.Problem) { return try JQLQuery(jql) } catch { throw errors(400, [error.message]) }
  }

  /// What a query finds, for searches of other forms.
  func found(_ jql: String, for call: JiraCall) throws(Refusal) -> [SimulatedIssue] {
    let query = try query(jql)
    try checkValues(query, for: call)
    return matches(query, reconciled: [], for: call)
  }

  private func start(_ token: JSONValue?, fingerprint: String) throws(Refusal) -> Int {
    guard let token, !token.isNull else { return 0 }
    let halves = (token.string ?? "").split(separator: "-")
    guard halves.count == 2, halves[0] == fingerprint, let start = Int(halves[1]) else {
      throw errors(400, ["The provided next page token is invalid or expired."])
    }
    return start
  }

  /// FNV-1a, so that a page token belongs to its query.
  private static func fingerprint(_ text: String) -> String {
    String(text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 36)
  }

  private func matches(_ query: JQLQuery, reconciled: Set<String>, for call: JiraCall) -> [SimulatedIssue] {
    let lag = searchIsStale ? configuration.searchLag + configuration.searchLag : configuration.searchLag
    let seen = issues.compactMap { current -> SimulatedIssue? in
      if reconciled.contains(current.id) { return current.isDeleted ? nil : current }
      return index.issue(current.id, now: call.now, lag: lag)
    }
    let allowed = seen.filter { issue in
      // Permission is checked against the truth, not against the index.
      place(of: issue.id).map { permissions(of: call.account.id, in: issues[$0].project).contains(.browse) } ?? true
    }
    let found = allowed.filter { issue in
      query.clauses.allSatisfy { matches(issue, $0, reader: call.account, now: call.now) }
    }
    return found.sorted { left, right in
      for ordering in query.ordering {
        let (first, second) = (rank(left, ordering.field), rank(right, ordering.field))
        if first != second { return (first < second) != ordering.isDescending }
      }
      return left.id < right.id
    }
  }

  private func rank(_ issue: SimulatedIssue, _ field: String) -> Int64 {
    switch field {
    case "updated": issue.updated.milliseconds
    case "created": issue.created.milliseconds
    case "key", "issuekey", "issue": issue.key.split(separator: "-").last.flatMap { Int64($0) } ?? 0
    case "id": Int64(issue.id) ?? 0
    default: 0
    }
  }

  private func matches(
    _ issue: SimulatedIssue, _ clause: JQLQuery.Clause, reader: SimulatedAccount, now: Timestamp
  ) -> Bool {
    let isIncluded = (clause.comparison != .notEqual)
    switch clause.field {
    case "project": return clause.values.contains { $0.uppercased() == issue.project } == isIncluded
    case "status": return clause.values.contains { $0.lowercased() == issue.status.lowercased() } == isIncluded
    case "issuetype": return clause.values.contains { $0.lowercased() == issue.issueType.lowercased() } == isIncluded
    case "labels":
      let labels = (issue.values["labels"]?.array ?? []).compactMap(\.string)
      return clause.values.contains { labels.contains($0) } == isIncluded
    case "updated": return compare(issue.updated, clause, reader, now)
    case "created": return compare(issue.created, clause, reader, now)
    default:
      return clause.values.contains { value in place(of: value).map { issues[$0].id == issue.id } ?? false }
        == isIncluded
    }
  }

  private func compare(
    _ time: Timestamp, _ clause: JQLQuery.Clause, _ reader: SimulatedAccount, _ now: Timestamp
  ) -> Bool {
    guard let value = clause.values.first, let bound = moment(value, for: reader, now: now) else { return false }
    return switch clause.comparison {
    case .atLeast: time >= bound
    case .after: time > bound
    case .atMost: time <= bound
    case .before: time < bound
    case .equal, .among: time == bound
    case .notEqual: time != bound
    }
  }

  /// Epoch milliseconds are a moment everywhere; a date is read in the time zone of the caller's profile.
  private func moment(_ text: String, for reader: SimulatedAccount, now: Timestamp) -> Timestamp? {
    if let milliseconds = Int64(text) { return Timestamp(milliseconds: milliseconds) }
    if text.hasPrefix("-"), let age = age(text.dropFirst()) { return now - age }
    let dashed = String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "/" ? "-" : $0 }))
    guard dashed.utf8.count == 10 || dashed.utf8.count == 16, let local = Timestamp(dashed) else { return nil }
    return local - .seconds(reader.offsetMinutes * 60)
  }

  /// `15m`, `2h`, `1d`, `1w`.
  private func age(_ text: Substring) -> Duration? {
    guard let number = Int64(text.dropLast()) else { return nil }
    let seconds: Int64? =
      switch text.unicodeScalars.last {
      case "m": 60
      case "h": 3600
      case "d": 86_400
      case "w": 604_800
      default: nil
      }
    return seconds.map { .seconds($0 * number) }
  }

  /// Signed-in callers are told about values that cannot be.
  private func checkValues(_ query: JQLQuery, for call: JiraCall) throws(Refusal) {
    for clause in query.clauses {
      for value in clause.values {
        switch clause.field {
        case "project":
          let key = value.uppercased()
          guard configuration.project(key) != nil, permissions(of: call.account.id, in: key).contains(.browse) else {
            throw errors(400, ["The value '\(value)' does not exist for the field 'project'."])
          }
        case "updated", "created":
          guard moment(value, for: call.account, now: call.now) != nil else {
            throw errors(
              400,
              [
                "Date value '\(value)' for field '\(clause.field)' is invalid. Valid formats include: "
                  + "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. "
                  + "'-5d', '4w 2d'."
              ])
          }
        case "key", "issuekey", "issue", "id":
          guard configuration.refusesUnknownIssuesInJQL else { continue }
          guard let place = place(of: value),
            permissions(of: call.account.id, in: issues[place].project).contains(.browse)
          else { throw errors(400, ["An issue with key '\(value)' does not exist for field '\(clause.field)'."]) }
        default: continue
        }
      }
    }
  }
}
