import MappingLanguage
package import SyncModel
package import Wire

/// The reads that tell what a site is like: projects, screens, workflows, permissions. They change nothing.
///
/// All work with the classic scope `read:jira-work`, after the document of the REST API (2026-06-10). The older
/// `GET /issue/createmeta`, `GET /project`, `GET /priority` and `GET /resolution` are deprecated there and not used.
extension JiraRequests {
  /// What one page holds at most; larger ones are refused.
  package static let pageSize = 200

  /// Projects that this person sees: those with these keys (at most 50), or the first hundred.
  package func projects(keys: [String], token: Secret) -> WireRequest {
    if reach.kind == .dataCenter { return get("/project", [], token) }
    let chosen = keys.prefix(50).map { ("keys", $0) }
    return get("/project/search", [("maxResults", "100")] + chosen, token)
  }

  /// The issue types that this person can create in a project.
  package func createTypes(project: String, startAt: Int, token: Secret) -> WireRequest {
    get("/issue/createmeta/\(URLEncoding.component(project))/issuetypes", page(startAt), token)
  }

  /// The fields with which this person can create an issue.
  package func createFields(project: String, issueType: String, startAt: Int, token: Secret) -> WireRequest {
    get(
      "/issue/createmeta/\(URLEncoding.component(project))/issuetypes/\(URLEncoding.component(issueType))",
      page(startAt), token)
  }

  /// The fields that this person can change on an issue.
  package func editFields(of issue: IssueID, token: Secret) -> WireRequest {
    get("/issue/\(URLEncoding.component(issue.rawValue))/editmeta", [], token)
  }

  /// The statuses of a project, by issue type.
  package func statuses(project: String, token: Secret) -> WireRequest {
    get("/project/\(URLEncoding.component(project))/statuses", [], token)
  }

  /// Which of these permissions this person has in a project.
  package func permissions(_ keys: [String], project: String, token: Secret) -> WireRequest {
    get("/mypermissions", [("projectKey", project), ("permissions", keys.joined(separator: ","))], token)
  }

  /// Every field of the site that this person may see.
  package func fields(token: Secret) -> WireRequest { get("/field", [], token) }

  package func resolutions(startAt: Int, token: Secret) -> WireRequest {
    reach.kind == .dataCenter
      ? get("/resolution", [], token) : get("/resolution/search", page(startAt, size: 100), token)
  }

  private func page(_ startAt: Int, size: Int = Self.pageSize) -> [(String, String)] {
    [("startAt", String(startAt)), ("maxResults", String(size))]
  }

  /// JQL for the newest issues of a project's type.
  package static func jql(project: String, issueType: String) -> String {
    "project = \(quoted(project)) AND issuetype = \(quoted(issueType)) ORDER BY updated DESC"
  }
}
