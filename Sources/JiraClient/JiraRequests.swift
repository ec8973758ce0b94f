import JSON
import MappingLanguage
package import SyncCore
package import SyncModel
package import Wire

import struct FoundationEssentials.Data

/// The requests of Jira's REST API that are used here, as values, for one site as one grant reaches it.
///
/// Paths and bodies after https://developer.atlassian.com/cloud/jira/platform/rest/v3/.
package struct JiraRequests: Sendable {
  let reach: JiraReach
  var base: String { reach.base }

  package init(_ reach: JiraReach) { self.reach = reach }

  /// Creates an issue; the marker label joins the mapped labels.
  package func create(_ creation: IssueCreation, token: Secret) -> WireRequest {
    var fields: [JSONMember] = [
      JSONMember("project", ["key": .string(creation.project)]),
      JSONMember("issuetype", ["name": .string(creation.issueType)]),
    ]
    fields.reserveCapacity(creation.fields.count + 3)
    var labels: [JSONValue] = []
    for field in creation.fields {
      if field.key == "labels" {
        labels = field.payload.array ?? []
      } else {
        fields.append(JSONMember(field.key.rawValue, field.payload))
      }
    }
    if !labels.contains(.string(creation.label)) { labels.append(.string(creation.label)) }
    fields.append(JSONMember("labels", .array(labels)))
    let property: JSONValue = ["key": "counterpart", "value": creation.property]
    return send(.post, "/issue", ["fields": .object(fields), "properties": [property]], token)
  }

  /// Sets fields to absolute values, so that it can be repeated.
  package func edit(
    _ edit: IssueEdit, issue: IssueID, token: Secret, receipt: ChangeReceipt? = nil
  ) -> WireRequest {
    // A parent is not taken away by null, as every other field is, but by an operation of its own.
    let orphans = edit.fields.contains { $0.key == "parent" && $0.payload.isNull }
    let fields = edit.fields.filter { !(orphans && $0.key == "parent") }
      .map { JSONMember($0.key.rawValue, $0.payload) }
    var body = fields.isEmpty && orphans ? [] : [JSONMember("fields", .object(fields))]
    if orphans { body.append(JSONMember("update", ["parent": [["set": ["none": true]]]])) }
    return send(.put, path(issue), .object(body + history(receipt)), token)
  }

  /// The transitions out of the present status, with the fields of their screens.
  package func transitions(of issue: IssueID, token: Secret) -> WireRequest {
    get(path(issue) + "/transitions", [("expand", "transitions.fields")], token)
  }

  /// Where the issue stands, together with the transitions out of there.
  ///
  /// That `transitions.fields` works here as it does for ``transitions(of:token:)`` is not documented; an answer without
  /// screens says that it did not.
  package func standing(of issue: IssueID, token: Secret) -> WireRequest {
    get(path(issue), [("fields", "status,updated"), ("expand", "transitions,transitions.fields")], token)
  }

  /// Carries out a transition; a field that is not on its screen would have Jira refuse all of it.
  package func transition(
    _ transition: JiraTransition, for change: IssueTransition, issue: IssueID, token: Secret,
    receipt: ChangeReceipt? = nil
  ) -> WireRequest {
    let onScreen = Set(transition.fields.map(\.id))
    var fields = change.screen.filter { onScreen.contains($0.key.rawValue) }
      .map { JSONMember($0.key.rawValue, $0.payload) }
    if let resolution = change.resolution, onScreen.contains("resolution") {
      fields.append(JSONMember("resolution", ["name": .string(resolution)]))
    }
    var members = [JSONMember("transition", ["id": .string(transition.id)])]
    if !fields.isEmpty { members.append(JSONMember("fields", .object(fields))) }
    return send(.post, path(issue) + "/transitions", .object(members + history(receipt)), token)
  }

  private func history(_ receipt: ChangeReceipt?) -> [JSONMember] {
    receipt.map { [JSONMember("historyMetadata", $0.json)] } ?? []
  }

  /// Adds a comment with its marker, and for an internal one the property that hides it from customers.
  package func comment(_ comment: CommentAddition, issue: IssueID, token: Secret) -> WireRequest {
    send(.post, path(issue) + "/comment", body(of: comment), token)
  }

  /// Rewrites a comment. One that became internal is hidden from customers; one that was hidden stays so, since
  /// properties that are left out are kept.
  package func edit(
    _ comment: CommentAddition, as id: CommentID, issue: IssueID, token: Secret
  ) -> WireRequest {
    send(.put, path(issue, id), body(of: comment), token)
  }

  package func delete(_ comment: CommentID, issue: IssueID, token: Secret) -> WireRequest {
    WireRequest(.delete, base + path(issue, comment), headers: headers(token))
  }

  package func comment(_ comment: CommentID, of issue: IssueID, token: Secret) -> WireRequest {
    get(path(issue, comment), [], token)
  }

  private func body(of comment: CommentAddition) -> JSONValue {
    var properties: [JSONValue] = [["key": "counterpart", "value": ["marker": .string(comment.marker)]]]
    if comment.isInternal { properties.append(["key": "sd.public.comment", "value": ["internal": true]]) }
    return ["body": comment.body, "properties": .array(properties)]
  }

  private func path(_ issue: IssueID, _ comment: CommentID) -> String {
    path(issue) + "/comment/" + URLEncoding.component(comment.rawValue)
  }

  /// Makes or replaces the link with this global id; members that were left out would be emptied.
  package func remoteLink(_ link: RemoteLinkAddition, issue: IssueID, token: Secret) -> WireRequest {
    send(
      .post, path(issue) + "/remotelink",
      [
        "globalId": .string(link.globalID), "application": ["type": "counterpart", "name": .string(link.application)],
        "relationship": "is the issue of", "object": ["url": .string(link.url), "title": .string(link.title)],
      ], token)
  }

  /// Attaches a file that is streamed: a form with one part, `file`, whose content stands between body and suffix.
  ///
  /// - Parameter boundary: must not occur in the content, so nobody may be able to foresee it.
  package func attach(
    _ attachment: AttachmentAddition, from source: WireRequest, boundary: String, issue: IssueID, token: Secret
  ) -> WirePipe {
    let upload = MultipartUpload(
      part: "file", fileName: attachment.name, type: attachment.type, fields: [], boundary: boundary)
    let target = WireRequest(
      .post, base + path(issue) + "/attachments",
      headers: headers(token) + [
        WireHeader("X-Atlassian-Token", "no-check"), WireHeader("Content-Type", upload.contentType),
      ], body: upload.head)
    return WirePipe(source: source, target: target, suffix: upload.suffix, limitBytes: attachment.limitBytes)
  }

  /// The content of a file, itself and not the address of where it is: redirects are not followed.
  package func content(of attachment: AttachmentID, name: String, token: Secret) -> WireRequest {
    if reach.kind == .dataCenter { return serverContent(of: attachment, name: name, token: token) }
    var request = get(
      "/attachment/content/" + URLEncoding.component(attachment.rawValue), [("redirect", "false")], token)
    request.headers.removeAll { $0.name == "Accept" }
    request.headers.append(WireHeader("Accept", "*/*"))
    return request
  }

  /// Deletes an issue; Jira refuses it where the issue has subtasks, since they are not to go, too.
  package func delete(_ issue: IssueID, token: Secret) -> WireRequest {
    WireRequest(.delete, base + path(issue), headers: headers(token))
  }

  /// Up to 100 issues; those that are deleted or hidden are left out of the answer.
  package func issues(_ issues: [IssueID], fields: [String], token: Secret) -> WireRequest {
    send(
      .post, "/issue/bulkfetch",
      [
        "issueIdsOrKeys": .array(issues.map { .string($0.rawValue) }), "fields": .array(fields.map(JSONValue.string)),
      ], token)
  }

  package func comments(of issue: IssueID, startAt: Int, token: Secret) -> WireRequest {
    let page = [("startAt", String(startAt)), ("maxResults", "100"), ("orderBy", "created")]
    // A Data Center tells with the properties alone what customers do not see, and whose comment it mirrors.
    return get(path(issue) + "/comment", page + (reach.kind == .dataCenter ? [("expand", "properties")] : []), token)
  }

  /// Comments by id with their properties; ids that are no numbers are left out, since Jira refuses all for one.
  package func commentList(_ ids: [CommentID], token: Secret) -> WireRequest {
    let numbers = ids.compactMap { Int64($0.rawValue) }.map { JSONValue.integer($0) }
    let query = URLEncoding.query([("expand", "properties")])
    return send(.post, "/comment/list?" + query, ["ids": .array(numbers)], token)
  }

  package func issue(_ issue: IssueID, fields: [String], token: Secret) -> WireRequest {
    get(path(issue), [("fields", fields.joined(separator: ","))], token)
  }

  /// One page of a search; `reconcile` lists at most 50 issues whose latest state the index must show.
  package func search(
    jql: String, fields: [String], page: String?, reconcile: [IssueID], maxResults: Int = 100, token: Secret
  ) -> WireRequest {
    if reach.kind == .dataCenter {
      return serverSearch(jql: jql, fields: fields, page: page, maxResults: maxResults, token: token)
    }
    var members = [
      JSONMember("jql", .string(jql)), JSONMember("fields", .array(fields.map(JSONValue.string))),
      JSONMember("maxResults", .integer(maxResults)),
    ]
    if let page { members.append(JSONMember("nextPageToken", .string(page))) }
    let ids = reconcile.compactMap { Int64($0.rawValue) }.prefix(50).map { JSONValue.integer($0) }
    if !ids.isEmpty { members.append(JSONMember("reconcileIssues", .array(ids))) }
    return send(.post, "/search/jql", .object(members), token)
  }

  package func changelogs(
    of issues: [IssueID], fields: [FieldKey], page: String?, token: Secret
  ) -> WireRequest {
    var members = [JSONMember("issueIdsOrKeys", .array(issues.map { .string($0.rawValue) }))]
    if !fields.isEmpty { members.append(JSONMember("fieldIds", .array(fields.map { .string($0.rawValue) }))) }
    members.append(JSONMember("maxResults", 1000))
    if let page { members.append(JSONMember("nextPageToken", .string(page))) }
    return send(.post, "/changelog/bulkfetch", .object(members), token)
  }

  package func myself(token: Secret) -> WireRequest { get("/myself", [], token) }

  /// JQL that finds the issue with a label; it names no project, since somebody may have moved the issue meanwhile.
  package static func jql(label: String) -> String { "labels = \(quoted(label))" }

  /// A JQL string literal.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }

  func path(_ issue: IssueID) -> String { "/issue/" + URLEncoding.component(issue.rawValue) }

  func get(_ path: String, _ query: [(String, String)], _ token: Secret) -> WireRequest {
    let suffix = query.isEmpty ? "" : "?" + URLEncoding.query(query)
    return WireRequest(.get, base + path + suffix, headers: headers(token))
  }

  func send(
    _ method: WireRequest.Method, _ path: String, _ body: JSONValue, _ token: Secret
  ) -> WireRequest {
    let body = reach.kind == .dataCenter ? DataCenterDialect.outgoing(body) : body
    return WireRequest(
      method, base + path, headers: headers(token) + [WireHeader("Content-Type", "application/json")],
      body: body.utf8)
  }

  private func headers(_ token: Secret) -> [WireHeader] {
    let shown =
      switch reach.presentation {
      case .bearer: "Bearer " + token.reveal()
      case .basic: "Basic " + Data(token.reveal().utf8).base64EncodedString()
      }
    return [WireHeader("Accept", "application/json"), WireHeader("Authorization", shown)]
  }
}
