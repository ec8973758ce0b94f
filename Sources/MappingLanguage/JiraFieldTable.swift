import XML

/// What Jira's own fields are, by their ids; all others are custom fields, `customfield_` and a number.
///
/// From the field list of Jira Cloud's REST API, version 3 (`GET /rest/api/3/field`).
enum JiraFieldTable {
  /// What a field can be told: the formats that it takes, the one that is meant when none is said first.
  static let formats: [String: [FieldFormat]] = [
    "summary": [.text], "priority": [.priority], "labels": [.labels], "components": [.components],
    "fixVersions": [.versions], "versions": [.versions], "assignee": [.user], "reporter": [.user],
    "description": richText, "environment": richText, "duedate": [.date], "parent": [.parent],
  ]

  /// Fields that are set otherwise or not at all, with what to do instead.
  static let others: [String: String] = [
    "status": "the status is reached through transitions; write <status> instead of <field>",
    "project": "the project of an issue is said by its <route>",
    "issuetype": "the type of an issue is said by its <route>",
    "resolution": "the resolution is set on the way to a status; write resolution=\"…\" on the <pair> of <status>",
    "comment": "comments go over by <comments>", "attachment": "files go over by <attachments>",
    "issuelinks": "Jira sets links by requests of their own, which a field cannot",
    "watches": "Jira sets watchers by requests of their own, which a field cannot",
    "worklog": "Jira sets work logs by requests of their own, which a field cannot",
  ]

  /// Fields that Jira keeps itself.
  static let kept: Set<String> = [
    "created", "updated", "creator", "resolutiondate", "key", "id", "votes", "workratio", "lastViewed", "subtasks",
    "statuscategorychangedate", "progress", "aggregateprogress",
  ]

  private static let richText = FieldFormat.allCases.filter(\.isRichText).sorted { left, _ in left == .plain }

  /// What a field is when the mapping does not say; custom fields are taken for short texts.
  static func defaultFormat(of id: String) -> FieldFormat { formats[id]?.first ?? .text }

  /// Whether an id may be one of Jira's.
  static func isPossible(_ id: String) -> Bool {
    if formats[id] != nil || others[id] != nil || kept.contains(id) { return true }
    if ["security", "timetracking", "timeoriginalestimate", "timeestimate", "timespent"].contains(id) { return true }
    let digits = id.dropFirst("customfield_".count)
    return id.hasPrefix("customfield_") && !digits.isEmpty && digits.unicodeScalars.allSatisfy(\.isDigit)
  }

  static func hint(for id: String) -> String {
    let near = NearestName.hint(id, in: Array(formats.keys) + Array(others.keys))
    return near.isEmpty ? "; a field of your own is customfield_ and its number" : near
  }
}
