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
      let goal = Goal(
        status: target.name, screen: rule.ways.first { Self.same($0.key, target.name) }?.value.screen ?? [],
        resolution: rule.resolutions.first { Self.same($0.key, target.name) }?.value, position: target.position)
      checkWays(to: goal, statuses, at: place)
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
    for (status, resolution) in rule.resolutions.sorted(by: { $0.key < $1.key }) {
      checkResolution(resolution, rule.ways[status]?.position ?? rule.position)
    }
  }

  /// Where a deleted case's issue is to go.
  mutating func check(_ rule: DeletionRule, _ mapping: Mapping, at place: IssuePlace) {
    guard rule.ofCase == .close, let name = rule.status, let position = rule.position,
      let statuses = facts.projects[place.project]?.statuses?[place.issueType]
    else { return }
    let status = mapping.status
    // The pairs' own statuses are said at the pairs.
    let isPair = status?.direction.writesJira == true && status?.values.pairs.contains { $0.jira == name } == true
    let resolutionOfPair = status?.resolutions[name]
    if !isPair, !statuses.contains(where: { Self.same($0, name) }) {
      let hint = NearestName.hint(name, in: statuses)
      return error(
        "the workflow of \(place) has no status '\(name)'" + (hint.isEmpty ? list("; it has", statuses) : hint),
        position)
    }
    if let resolution = rule.resolution, resolution != resolutionOfPair { checkResolution(resolution, position) }
    guard !isPair || rule.resolution != resolutionOfPair else { return }
    let screen = status?.ways.first { Self.same($0.key, name) }?.value.screen ?? []
    checkWays(
      to: Goal(
        status: name, screen: screen, resolution: rule.resolution, position: position, giver: "<deletion>"), statuses,
      at: place)
  }

  private mutating func checkResolution(_ resolution: String, _ position: SourcePosition) {
    guard let known = facts.resolutions, !known.contains(resolution) else { return }
    let hint = NearestName.hint(resolution, in: known)
    error("Jira has no resolution '\(resolution)'" + (hint.isEmpty ? list("; it has", known) : hint), position)
  }

  /// A status to reach, and what is given on the way.
  private struct Goal {
    var status: String
    var screen: [FieldRule]
    var resolution: String?
    var position: SourcePosition
    /// Who gives the resolution.
    var giver = "the pair"
  }

  /// The transitions that lead to a status: whether there is one, and what their screens ask for and take.
  ///
  /// They can be seen only at an issue, and only out of the status in which it stands. That none leads to a status is
  /// said only where every other status had an issue to look at.
  private mutating func checkWays(to goal: Goal, _ statuses: [String], at place: IssuePlace) {
    guard let ways = facts.screens[place]?.ways, !ways.isEmpty else { return }
    let all = ways.sorted { $0.key < $1.key }.flatMap(\.value)
    let leading = all.filter { Self.same($0.target, goal.status) }
    guard !leading.isEmpty else {
      let others = statuses.filter { !Self.same($0, goal.status) }
      guard others.allSatisfy({ status in ways.keys.contains { Self.same($0, status) } }) else { return }
      error("no transition of \(place) leads to '\(goal.status)', from any of its other statuses", goal.position)
      return
    }
    var supplied = Set(goal.screen.map(\.key.rawValue))
    if goal.resolution != nil { supplied.insert("resolution") }
    let missing = leading.map { $0.fields.filter { $0.isRequired && !$0.hasDefault && !supplied.contains($0.id) } }
    // Of several transitions, one whose screen can be filled in is taken.
    if let first = missing.min(by: { $0.count < $1.count }), !first.isEmpty {
      error(
        "the way to '\(goal.status)' in \(place) requires \(first.map(\.words).joined(separator: " and ")); give "
          + (first.contains { $0.id == "resolution" }
            ? "\(goal.giver) a resolution=\"…\"" : "the pair a <screen field=\"\(first[0].id)\" value=\"…\"/>"),
        goal.position)
    }
    checkResolution(of: goal, leading, at: place)
    for rule in goal.screen { check(rule, on: leading, all, to: goal, at: place) }
  }

  private mutating func checkResolution(of goal: Goal, _ leading: [SiteFacts.Way], at place: IssuePlace) {
    guard let resolution = goal.resolution else { return }
    guard let screen = leading.lazy.compactMap({ $0.fields.first { $0.id == "resolution" } }).first else {
      warning(
        "no way to '\(goal.status)' in \(place) that was seen shows the resolution, so it is not set", goal.position)
      return
    }
    if let allowed = screen.allowed, !allowed.isEmpty, !allowed.contains(resolution) {
      error(
        "the way to '\(goal.status)' in \(place) does not take the resolution '\(resolution)'"
          + list("; it takes", allowed), goal.position)
    }
  }

  /// A value for a screen, against the field as the transitions' screens show it: those that lead to the status, else
  /// one on the way there.
  private mutating func check(
    _ rule: FieldRule, on leading: [SiteFacts.Way], _ all: [SiteFacts.Way], to goal: Goal, at place: IssuePlace
  ) {
    func shown(by ways: [SiteFacts.Way]) -> SiteField? {
      ways.lazy.compactMap { $0.fields.first { $0.id == rule.key.rawValue } }.first
    }
    guard let field = shown(by: leading) ?? shown(by: all) else {
      let name = facts.fieldNames?[rule.key.rawValue]
      let words = name.map { SiteField(id: rule.key.rawValue, name: $0, type: "").words } ?? rule.key.rawValue
      warning(
        "no way to '\(goal.status)' in \(place) that was seen shows \(words), so it is not set", rule.position)
      return
    }
    check(rule, against: field, "on the way to '\(goal.status)' in \(place)")
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
