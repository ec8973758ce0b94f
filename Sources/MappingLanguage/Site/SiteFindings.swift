import SyncModel
import XML

/// Holds the mappings of one connection against what their Jira site says: what would fail with the first case, or
/// with the first person, is found before.
///
/// Pure. A finding stands where the mapping can be mended; one that only the site's admin can end says so.
package struct SiteFindings {
  let facts: SiteFacts
  let needs: SiteNeeds
  var found: Set<Diagnostic> = []

  /// Every finding once, in the order of their places.
  package static func findings(
    of mappings: [Mapping], connection: Connection, needs: SiteNeeds, on facts: SiteFacts
  ) -> [Diagnostic] {
    var check = SiteFindings(facts: facts, needs: needs)
    for mapping in mappings { check.check(mapping) }
    check.checkPeople(connection)
    check.checkPermissions()
    check.checkLookUps(connection)
    check.sayGaps(of: mappings, connection)
    return check.found.sorted {
      ($0.position, $0.severity.rawValue, $0.message) < ($1.position, $1.severity.rawValue, $1.message)
    }
  }

  private mutating func check(_ mapping: Mapping) {
    var seen: Set<IssuePlace> = []
    for route in mapping.routes where seen.insert(route.place).inserted {
      guard let type = issueType(of: route) else { continue }
      if type.isSubtask, !mapping.fields.contains(where: { $0.key == "parent" }) {
        error(
          "'\(type.name)' is a sub-task in \(route.project), and nothing gives the issue its parent", route.position)
      }
      if let screens = facts.screens[route.place] { check(mapping, route, screens) }
      if let rule = mapping.status { check(rule, mapping, at: route.place) }
      check(mapping.deletion, mapping, at: route.place)
    }
  }

  /// The route's issue type, if Jira has it; else that is said.
  private mutating func issueType(of route: Route) -> SiteFacts.IssueType? {
    guard let project = facts.projects[route.project] else {
      guard !facts.gaps.contains(where: { $0.project == route.project && $0.issueType == nil }) else { return nil }
      let hint = NearestName.hint(route.project, in: facts.otherProjects)
      error(
        "nobody who has connected sees a project '\(route.project)' in Jira"
          + (hint.isEmpty ? list("; it shows", facts.otherProjects) : hint), route.position)
      return nil
    }
    if let type = project.issueTypes.first(where: { $0.name == route.issueType }) { return type }
    let names = project.issueTypes.map(\.name)
    // Nothing at all is shown to who may not create; that is said as a gap.
    guard !names.isEmpty else { return nil }
    let hint = NearestName.hint(route.issueType, in: names)
    error(
      "the project \(route.project) has no issue type '\(route.issueType)'"
        + (hint.isEmpty ? list("; it has", names) : hint),
      route.position)
    return nil
  }

  /// What could not be read is said where it would have been needed.
  private mutating func sayGaps(of mappings: [Mapping], _ connection: Connection) {
    for gap in facts.gaps {
      guard let project = gap.project else {
        warning(gap.words, connection.position)
        continue
      }
      for mapping in mappings {
        let route = mapping.routes.first {
          $0.project == project && (gap.issueType == nil || gap.issueType == $0.issueType)
        }
        if let route { warning(gap.words, route.position) }
      }
    }
  }

  mutating func error(_ message: String, _ position: SourcePosition) {
    found.insert(Diagnostic(.error, at: position, message))
  }

  mutating func warning(_ message: String, _ position: SourcePosition) {
    found.insert(Diagnostic(.warning, at: position, message))
  }

  /// `; it has Task, Bug, …`, or nothing.
  func list(_ words: String, _ names: [String]) -> String {
    let names = names.sorted()
    guard !names.isEmpty else { return "" }
    return words + " " + names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
  }
}
