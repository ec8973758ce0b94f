import JSON
import SyncCore
import SyncModel
import Wire

/// Requests that Data Center has in another form, or has instead of one of Cloud's.
extension JiraRequests {
  /// `POST /search` with a place where to go on; the `page` is that place.
  func serverSearch(
    jql: String, fields: [String], page: String?, maxResults: Int, token: Secret
  ) -> WireRequest {
    send(
      .post, "/search",
      [
        "jql": .string(jql), "fields": .array(fields.map(JSONValue.string)),
        "startAt": .integer(page.flatMap { Int($0) } ?? 0), "maxResults": .integer(maxResults),
      ], token)
  }

  /// The issue with its history: there is no request for the histories of several.
  func issueWithHistory(_ issue: IssueID, token: Secret) -> WireRequest {
    get(path(issue), [("fields", "updated"), ("expand", "changelog")], token)
  }

  /// The content at the address that people's browsers use.
  func serverContent(of attachment: AttachmentID, name: String, token: Secret) -> WireRequest {
    let site = base.hasSuffix("/rest/api/2") ? String(base.dropLast("/rest/api/2".utf8.count)) : base
    let path =
      "/secure/attachment/" + URLEncoding.component(attachment.rawValue) + "/" + URLEncoding.component(name)
    var request = get("", [], token)
    request.url = site + path
    request.headers = request.headers.filter { $0.name != "Accept" } + [WireHeader("Accept", "*/*")]
    return request
  }
}
