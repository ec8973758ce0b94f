import JSON
package import MappingLanguage
package import SyncCore
package import SyncModel
package import Wire

/// Every request that we make of Jira Cloud's REST API v3, as values. Pure.
///
/// Addresses and bodies after Atlassian's reference, https://developer.atlassian.com/cloud/jira/platform/rest/v3/; 3LO
/// tokens go to `api.atlassian.com/ex/jira/{cloudId}`, never to the site itself.
package struct JiraRequests: Sendable {
  /// The key of the property that marks our issues and comments.
  package static let propertyKey = "counterpart"

  private let base: String

  package init(site: JiraSite, cloudID: String) {
    base = "\(site.apiBase)/ex/jira/\(URLEncoding.component(cloudID))/rest/api/3"
  }

  // MARK: - Writes

  package func create(_ creation: IssueCreation) -> WireRequest {
    var fields: [JSONMember] = [
      JSONMember("project", ["key": .string(creation.project)]),
      JSONMember("issuetype", ["name": .string(creation.issueType)]),
    ]
    var labels: [JSONValue] = [.string(creation.label)]
    for write in creation.fields {
      if write.key == "labels", let own = write.payload.array {
        labels = own.filter { $0 != .string(creation.label) } + labels
      } else {
        fields.append(JSONMember(write.key.rawValue, write.payload))
      }
    }
    fields.append(JSONMember("labels", .array(labels)))
    return post(
      "/issue",
      [
        "fields": .object(fields),
        "properties": [["key": .string(Self.propertyKey), "value": creation.property]],
      ])
  }

  package func edit(_ edit: IssueEdit, issue: IssueID) -> WireRequest {
    let fields = edit.fields.map { JSONMember($0.key.rawValue, $0.payload) }
    return request(.put, "/issue/\(path(issue))", body: ["fields": .object(fields)])
  }

  package func transition(
    _ transition: JiraTransition, resolution: String?, issue: IssueID
  ) -> WireRequest {
    var body: [JSONMember] = [JSONMember("transition", ["id": .string(transition.id)])]
    if let resolution, transition.fields.contains("resolution") {
      body.append(JSONMember("fields", ["resolution": ["name": .string(resolution)]]))
    }
    return post("/issue/\(path(issue))/transitions", .object(body))
  }

  /// The marker travels in the comment's own property, so that it is there with the comment or not at all.
  package func addComment(_ comment: CommentAddition, issue: IssueID) -> WireRequest {
    var properties: [JSONValue] = [
      ["key": .string(Self.propertyKey), "value": ["marker": .string(comment.marker)]]
    ]
    if comment.isInternal {
      properties.append(["key": "sd.public.comment", "value": ["internal": true]])
    }
    return post("/issue/\(path(issue))/comment", ["body": comment.body, "properties": .array(properties)])
  }

  // MARK: - Reads

  package func issue(_ id: IssueID, fields: [String]) -> WireRequest {
    get("/issue/\(path(id))", [("fields", fields.joined(separator: ","))])
  }

  package func transitions(of issue: IssueID) -> WireRequest {
    get("/issue/\(path(issue))/transitions", [("expand", "transitions.fields")])
  }

  package func comments(of issue: IssueID, startAt: Int) -> WireRequest {
    get(
      "/issue/\(path(issue))/comment",
      [("startAt", String(startAt)), ("maxResults", "100"), ("orderBy", "created")])
  }

  /// - Parameter ids: at most 1,000.
  package func commentProperties(_ ids: [CommentID]) -> WireRequest {
    post("/comment/list?expand=properties", ["ids": .array(ids.map { .number($0.rawValue) })])
  }

  package func search(jql: String, fields: [String], page: String?, reconcile: [IssueID]) -> WireRequest {
    var body: [JSONMember] = [
      JSONMember("jql", .string(jql)), JSONMember("fields", .array(fields.map(JSONValue.string))),
      JSONMember("maxResults", 100),
    ]
    if let page { body.append(JSONMember("nextPageToken", .string(page))) }
    if !reconcile.isEmpty {
      body.append(JSONMember("reconcileIssues", .array(reconcile.prefix(50).map { .number($0.rawValue) })))
    }
    return post("/search/jql", .object(body))
  }

  /// - Parameters:
  ///   - issues: at most 1,000.
  ///   - fields: at most 10; none: all.
  package func changelogs(of issues: [IssueID], fields: [FieldKey], page: String?) -> WireRequest {
    var body: [JSONMember] = [JSONMember("issueIdsOrKeys", .array(issues.map { .string($0.rawValue) }))]
    if !fields.isEmpty {
      body.append(JSONMember("fieldIds", .array(fields.prefix(10).map { .string($0.rawValue) })))
    }
    if let page { body.append(JSONMember("nextPageToken", .string(page))) }
    return post("/changelog/bulkfetch", .object(body))
  }

  package func myself() -> WireRequest { get("/myself", []) }

  /// The JQL that finds the issue of one case by its label.
  package static func jql(label: String, project: String) -> String {
    "project = \(quoted(project)) AND labels = \(quoted(label)) ORDER BY key ASC"
  }

  /// A JQL string: quotes and backslashes are escaped by a backslash.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }

  private func path(_ issue: IssueID) -> String { URLEncoding.component(issue.rawValue) }

  private func get(_ path: String, _ query: [(String, String)]) -> WireRequest {
    let suffix = query.isEmpty ? "" : "?" + URLEncoding.query(query)
    return WireRequest(.get, base + path + suffix, headers: [WireHeader("Accept", "application/json")])
  }

  private func post(_ path: String, _ body: JSONValue) -> WireRequest { request(.post, path, body: body) }

  private func request(_ method: WireRequest.Method, _ path: String, body: JSONValue) -> WireRequest {
    WireRequest(
      method, base + path,
      headers: [WireHeader("Accept", "application/json"), WireHeader("Content-Type", "application/json")],
      body: body.utf8)
  }
}

extension WireRequest {
  /// The request as the owner of an access token.
  package func bearing(_ token: Secret) -> WireRequest {
    var request = self
    request.headers.append(WireHeader("Authorization", "Bearer " + token.reveal()))
    return request
  }
}
