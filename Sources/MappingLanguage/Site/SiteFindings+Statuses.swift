import SyncModel
import XML

extension SiteFindings {
  /// The statuses that the mapping names, against those of one place's workflow, and the ways that were seen.
  mutating func check(_ rule: StatusRule, _ mapping: Mapping, at place: IssuePlace) {
    guard let statuses = facts.projects[place.project]?.statuses?[place.issueType] else { return }
    for (name, position) in rule.namedStatuses where !statuses.contains(where: { Self.same($0, name) }) {
      let hint = NearestName.hint(name, in: statuses)
      let words =
        "the workflow of \(place) has no status '\(name)'" + (hint.isEmpty ? list("; it has", statuses) : hint)
      if rule.direction.writesJira { error(words, position) } else { warning(words, position) }
    }
    checkWayBack(rule, statuses, at: place)
    guard rule.direction.writesJira else { return }
    checkResolutions(rule)
    for target in rule.targets(reachedBy: \.writesJira) where statuses.contains(where: { Self.same($0, target.name) }) {
      checkWays(to: target.name, rule, statuses, at: place, target.position)
    }
  }

  /// What a developer may choose and the mapping does not know stops at a run.
  private mutating func checkWayBack(_ rule: StatusRule, _ statuses: [String], at place: IssuePlace) {
    guard rule.direction.writesCRM, rule.values.otherwiseCRM == nil else { return }
    let unknown = statuses.filter { status in
      !rule.values.pairs.contains { $0.jira == status && $0.direction.writesCRM }
    }
    guard !unknown.isEmpty else { return }
    warning(
      "issues of \(place) can stand in \(unknown.sorted().joined(separator: ", ")), for which there is no <pair> and "
        + "no <otherwise crm=\"…\"/>: the case then keeps its status", rule.position)
  }

  private mutating func checkResolutions(_ rule: StatusRule) {
    guard let known = facts.resolutions else { return }
    for (status, resolution) in rule.resolutions.sorted(by: { $0.key < $1.key }) where !known.contains(resolution) {
      let hint = NearestName.hint(resolution, in: known)
      error(
        "Jira has no resolution '\(resolution)'" + (hint.isEmpty ? list("; it has", known) : hint),
        rule.ways[status]?.position ?? rule.position)
    }
  }

  /// The transitions that lead to a status: whether there is one, and what their screens ask for.
  ///
  /// They can be seen only at an issue, and only out of the status in which it stands. That none leads to a status is
  /// said only where every other status had an issue to look at.
  private mutating func checkWays(
    to target: String, _ rule: StatusRule, _ statuses: [String], at place: IssuePlace, _ position: SourcePosition
  ) {
    guard let ways = facts.screens[place]?.ways, !ways.isEmpty else { return }
    let leading = ways.sorted { $0.key < $1.key }.flatMap(\.value).filter { Self.same($0.target, target) }
    guard !leading.isEmpty else {
      let others = statuses.filter { !Self.same($0, target) }
      guard others.allSatisfy({ status in ways.keys.contains { Self.same($0, status) } }) else { return }
      error("no transition of \(place) leads to '\(target)', from any of its other statuses", position)
      return
    }
    let way = rule.ways.first { Self.same($0.key, target) }?.value
    var supplied = Set(way?.screen.map(\.key.rawValue) ?? [])
    let resolution = rule.resolutions.first { Self.same($0.key, target) }?.value
    if resolution != nil { supplied.insert("resolution") }
    let missing = leading.map { $0.fields.filter { $0.isRequired && !$0.hasDefault && !supplied.contains($0.id) } }
    // Of several transitions, one whose screen can be filled in is taken.
    if let first = missing.min(by: { $0.count < $1.count }), !first.isEmpty {
      error(
        "the way to '\(target)' in \(place) requires \(first.map(\.words).joined(separator: " and ")); give "
          + (first.contains { $0.id == "resolution" }
            ? "the pair a resolution=\"…\"" : "the pair a <screen field=\"\(first[0].id)\" value=\"…\"/>"),
        position)
    }
    if let resolution, let screen = leading.lazy.compactMap({ $0.fields.first { $0.id == "resolution" } }).first {
      if let allowed = screen.allowed, !allowed.isEmpty, !allowed.contains(resolution) {
        error(
          "the way to '\(target)' in \(place) does not take the resolution '\(resolution)'"
            + list("; it takes", allowed), position)
      }
    } else if resolution != nil {
      warning(
        "no way to '\(target)' in \(place) that was seen shows the resolution, so it is not set", position)
    }
  }

  private static func same(_ one: String, _ other: String) -> Bool { one.lowercased() == other.lowercased() }
}

extension StatusRule {
  /// The statuses of the pairs that work in a direction, each where it is named first.
  fileprivate func targets(
    reachedBy isWanted: (SyncDirection) -> Bool = { _ in true }
  ) -> [(name: String, position: SourcePosition)] {
    var seen: Set<String> = []
    var result = values.pairs.filter { isWanted($0.direction) }.map { ($0.jira, $0.position ?? position) }
    if let otherwise = values.otherwiseJira { result.append((otherwise, values.otherwisePosition ?? position)) }
    return result.filter { seen.insert($0.0).inserted }
  }

  /// Those, and the ones on the way.
  fileprivate var namedStatuses: [(name: String, position: SourcePosition)] {
    targets() + ways.sorted { $0.key < $1.key }.flatMap { way in way.value.via.map { ($0, way.value.position) } }
  }
}
