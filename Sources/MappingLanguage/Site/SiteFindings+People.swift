import SyncModel

extension SiteFindings {
  private static let nameLimit = 5

  /// Who cannot be asked, and who cannot act.
  mutating func checkPeople(_ connection: Connection) {
    let lapsed = facts.people.filter { $0.standing == .lapsed }
    if !lapsed.isEmpty {
      warning(
        "\(names(lapsed)) must connect again; until then what they do is held, and was not checked",
        connection.position)
    }
    for person in facts.people {
      if case .unknown(let reason) = person.standing {
        warning("what \(person.name) may do could not be asked: \(reason)", connection.position)
      }
    }
    if !facts.people.contains(where: \.writes) {
      warning(
        "nobody but the service user has connected, so nobody's permissions were checked", connection.position)
    }
  }

  /// Each permission as each person that will write: an error where nobody has it, a warning where some do not.
  mutating func checkPermissions() {
    for need in needs.permissions where facts.projects[need.project] != nil {
      let asked = facts.people.filter { person in
        guard case .active(let granted) = person.standing, let here = granted[need.project] else { return false }
        if need.key == "BROWSE_PROJECTS" { return person.writes || person.reads }
        if need.isPersonal && person.reads { return false }
        // Who does not even see the project lacks that, and no more need be said.
        return person.writes && here.contains("BROWSE_PROJECTS")
      }
      let lacking = asked.filter { person in
        guard case .active(let granted) = person.standing, let here = granted[need.project] else { return false }
        return !here.contains(need.key) && need.wider.map(here.contains) != true
      }
      guard !lacking.isEmpty else { continue }
      let words = "may not \(need.words) in \(need.project) (\(need.key))"
      if lacking.count == asked.count {
        error("\(names(lacking)) \(words), and nobody else can", need.position)
      } else {
        warning("\(names(lacking)) \(words)", need.position)
      }
    }
  }

  /// Whether people can be looked up: without the permission Jira's search finds nobody, and says nothing of it.
  mutating func checkLookUps(_ connection: Connection) {
    guard needs.looksUpPeople else { return }
    guard let service = facts.people.first(where: \.reads) else {
      warning(
        "the service user has not connected, so nobody can be looked up in Jira (look-up-people)", connection.position)
      return
    }
    // Of a project that somebody does not see, nothing is known.
    guard case .active(let granted) = service.standing,
      let known = granted.values.first(where: { $0.contains("BROWSE_PROJECTS") }),
      !known.contains(SiteNeeds.browsingUsers)
    else { return }
    warning(
      "\(service.name) may not browse users and groups (\(SiteNeeds.browsingUsers)), so nobody can be looked up in "
        + "Jira (look-up-people); an admin of Jira gives this global permission", connection.position)
  }

  private func names(_ people: [SitePerson]) -> String {
    let names = people.map(\.name).sorted()
    let shown = names.prefix(Self.nameLimit).joined(separator: ", ")
    return names.count > Self.nameLimit ? "\(shown) and \(names.count - Self.nameLimit) more" : shown
  }
}
