import JSON
package import MappingLanguage
package import SyncModel
package import Wire

/// What of a request Jira's limits go by: which endpoint, which issue it writes, whether it costs points and how many.
package struct JiraRequestFacts: Hashable, Sendable {
  package var method: WireRequest.Method
  /// Without ids, such as `/issue/{}/comment`.
  package var endpoint: String
  /// The issue that it writes; nil for reads, and for writes to none that is known.
  package var writtenIssue: IssueID?
  /// It goes out with a token of the app, so it costs points. API tokens and Data Center know no points.
  package var costsPoints: Bool

  /// - Returns: nil for what is no request to the site's REST interface.
  package init?(_ request: WireRequest, of site: JiraSite) {
    guard let path = Self.path(of: request.url) else { return nil }
    let segments = path.split(separator: "/")
    method = request.method
    endpoint = Self.endpoint(segments)
    costsPoints = site.kind == .cloud && request.header("Authorization")?.hasPrefix("Bearer ") == true
    let isRead = request.method == .get || Self.readingPosts.contains(endpoint)
    if !isRead, segments.count > 1, segments[0] == "issue" { writtenIssue = IssueID(String(segments[1])) }
  }

  private static let readingPosts: Set<String> = [
    "/search", "/search/jql", "/issue/bulkfetch", "/comment/list", "/changelog/bulkfetch",
  ]

  /// What stands in addresses beside ids.
  private static let words: Set<Substring> = [
    "issue", "comment", "list", "search", "jql", "bulkfetch", "changelog", "attachment", "attachments", "content",
    "meta",
    "mypermissions", "permissions", "myself", "user", "users", "bulk", "field", "project", "statuses", "status",
    "resolution", "priority", "transitions", "editmeta", "createmeta", "issuetypes", "properties", "remotelink",
    "serverInfo", "label",
  ]

  /// What follows `/rest/api/3`, without the query.
  private static func path(of url: String) -> Substring? {
    let mark = "/rest/api/"
    guard let start = url.utf8.firstIndex(of: UInt8(ascii: "?")).map({ url[..<$0] }) ?? url[...] as Substring?,
      let found = Self.range(of: mark, in: start)
    else { return nil }
    let rest = start[found...]
    return rest.firstIndex(of: "/").map { rest[$0...] }
  }

  private static func range(of mark: String, in text: Substring) -> Substring.Index? {
    let (bytes, wanted) = (text.utf8, Array(mark.utf8))
    var place = bytes.startIndex
    while let start = bytes[place...].firstIndex(of: wanted[0]) {
      if bytes[start...].starts(with: wanted) { return bytes.index(start, offsetBy: wanted.count) }
      place = bytes.index(after: start)
    }
    return nil
  }

  private static func endpoint(_ segments: [Substring]) -> String {
    segments.reduce(into: "") { $0 += words.contains($1) ? "/" + $1 : "/{}" }
  }

  /// What it costs at least; what a list costs, its answer tells.
  package var expectedPoints: Int {
    if method != .get, !Self.readingPosts.contains(endpoint) { return 1 }
    return isAboutPeople ? 3 : 2
  }

  /// 1, and 1 for each thing that was read, or 2 for each person or permission.
  package func points(of response: WireResponse) -> Int {
    guard (200..<300).contains(response.status), isList else { return expectedPoints }
    return 1 + Self.things(in: response.body) * (isAboutPeople ? 2 : 1)
  }

  private var isAboutPeople: Bool {
    ["/myself", "/mypermissions", "/user", "/user/bulk", "/user/search"].contains(endpoint)
  }

  private var isList: Bool {
    switch endpoint {
    case "/issue/{}", "/myself", "/mypermissions", "/user", "/attachment/content/{}", "/attachment/meta",
      "/issue/{}/transitions":
      false
    default: method == .get || Self.readingPosts.contains(endpoint)
    }
  }

  /// The entries of the longest list in an answer.
  private static func things(in body: [UInt8]) -> Int {
    // What cannot be read is for its reader to say; it showed nothing.
    guard let json = try? JSONReader.read(body) else { return 1 }
    if let list = json.array { return list.count }
    return json.members?.map { $0.value.array?.count ?? 0 }.max() ?? 1
  }
}
