import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore
import Wire

/// Reads what mappings need to know of a site, and no more: first who may do what, then each project as somebody who can
/// see what is asked.
struct SiteReader {
  private struct Member {
    var asker: SiteAsking.Asker
    /// As people call them.
    var name: String
    /// By project.
    var permissions: [String: Set<String>] = [:]
  }

  private static let statusLimit = 12
  private static let sampleSize = 50

  var asking: SiteAsking
  let needs: SiteNeeds
  /// The ids of the fields that the mappings name.
  let fields: Set<String>
  var facts = SiteFacts()
  /// The service user first.
  private var members: [Member] = []

  init(asking: SiteAsking, needs: SiteNeeds, fields: Set<String>) {
    self.asking = asking
    self.needs = needs
    self.fields = fields
  }

  var hasAskers: Bool { !members.isEmpty }
  var askerCount: Int { members.count }

  /// Why nobody could be asked as, although connections are there.
  var problem: String? {
    asking.end
      ?? facts.people.lazy.compactMap { person in
        if case .unknown(let reason) = person.standing { reason } else { nil }
      }.first
  }

  /// Asks what everybody who has connected may do: the service user, then whoever connected last.
  mutating func meet(
    _ grants: [StoredGrant], serviceUser: CRMUserID?, _ progress: (String) -> Void
  ) async throws {
    let ordered = grants.sorted {
      ($0.user.id == serviceUser ? 0 : 1, $1.connectedAt, $0.user.id)
        < ($1.user.id == serviceUser ? 0 : 1, $0.connectedAt, $1.user.id)
    }
    if ordered.count > LiveCheck.peopleLimit {
      facts.gaps.append(
        SiteFacts.Gap(
          words: "\(ordered.count) people have connected; the \(LiveCheck.peopleLimit) who did so last were asked about"
        ))
    }
    for grant in ordered.prefix(LiveCheck.peopleLimit) {
      let isService = grant.user.id == serviceUser
      let name = (grant.user.name ?? grant.user.id.rawValue) + (isService ? " (the service user)" : "")
      progress("what \(name) may do")
      let standing: SitePerson.Standing
      switch grant.state == .active ? try await asking.asker(for: grant) : .failure(.lapsed) {
      case .failure(.lapsed), .failure(.missing): standing = .lapsed
      case .failure(.passes(.busy)), .failure(.passes(.paced)):
        standing = .unknown("the connection is being renewed by somebody else; check again")
      case .failure(.passes(.unavailable(let reason))): standing = .unknown(reason)
      case .success(let asker): standing = try await permissions(of: asker, name)
      }
      facts.people.append(
        SitePerson(
          name: name, standing: standing, writes: !isService || needs.serviceUserWrites, reads: isService))
    }
  }

  private mutating func permissions(of asker: SiteAsking.Asker, _ name: String) async throws -> SitePerson.Standing {
    var member = Member(asker: asker, name: name)
    for project in needs.projects {
      let keys = needs.keys(in: project)
      let answer = try await asking.ask(
        as: &member.asker, { $0.permissions(keys, project: project, token: $1) }, SiteResponses.permissions)
      switch answer {
      case .success(let granted): member.permissions[project] = granted
      case .failure(.notFound): member.permissions[project] = []
      case .failure(.unauthorised): return .lapsed
      case .failure(let failure): return .unknown("Jira: \(failure)")
      }
    }
    members.append(member)
    return .active(member.permissions)
  }

  /// Reads the projects and their screens.
  mutating func read(_ progress: (String) -> Void) async throws {
    for project in needs.projects {
      progress(project)
      guard members.contains(where: { $0.permissions[project]?.contains("BROWSE_PROJECTS") == true }) else {
        try await readOtherProjects()
        continue
      }
      try await readProject(project)
    }
    for place in needs.places { try await readPlace(place, progress) }
    let shown = facts.screens.values.map { Set(($0.create ?? []).map(\.id)) }
    if shown.contains(where: { !fields.isSubset(of: $0) }) {
      if case .success(let names) = try await asking.ask(
        as: &members[0].asker, { $0.fields(token: $1) }, SiteResponses.fieldNames)
      {
        facts.fieldNames = names
      }
    }
    if needs.asksForResolutions {
      // Without the list, transitions' own screens still say what they take.
      if case .success(let names) = try await asking.askAll(
        as: &members[0].asker, { $0.resolutions(startAt: $1, token: $2) }, SiteResponses.resolutions)
      {
        facts.resolutions = names
      }
    }
    if let end = asking.end {
      facts.gaps.append(SiteFacts.Gap(words: "the check of the site ended early: \(end)"))
    }
  }

  private mutating func readOtherProjects() async throws {
    guard facts.otherProjects.isEmpty else { return }
    for index in members.indices.prefix(2) {
      if case .success(let keys) = try await asking.ask(
        as: &members[index].asker, { $0.projects(keys: [], token: $1) }, SiteResponses.projectKeys)
      {
        facts.otherProjects += keys.filter { !facts.otherProjects.contains($0) }
      }
    }
  }

  /// Whoever may do something in a project, the service user before others.
  private func member(who key: String, in project: String) -> Int? {
    members.firstIndex { $0.permissions[project]?.contains(key) == true }
  }

  private mutating func readProject(_ key: String) async throws {
    var project = SiteFacts.Project()
    if let index = member(who: "CREATE_ISSUES", in: key) {
      let types = try await asking.askAll(
        as: &members[index].asker, { $0.createTypes(project: key, startAt: $1, token: $2) }, SiteResponses.issueTypes)
      switch types {
      case .success(let types):
        project.issueTypes = types
        if types.isEmpty {
          facts.gaps.append(
            SiteFacts.Gap(
              project: key,
              words: "Jira shows \(members[index].name) no issue type of \(key), although they may create issues there "
                + "(CREATE_ISSUES), so its issue types and fields were not checked"))
        }
      case .failure(let failure):
        miss("the issue types of \(key)", failure, as: index, "create issues (CREATE_ISSUES)", project: key)
      }
    } else {
      facts.gaps.append(
        SiteFacts.Gap(
          project: key,
          words: "nobody who has connected may create issues in \(key), and Jira shows its issue types and fields only "
            + "to who may, so they were not checked; give one of them the permission to create issues (CREATE_ISSUES) "
            + "there"))
    }
    if needs.asksForStatuses, let index = member(who: "BROWSE_PROJECTS", in: key) {
      let statuses = try await asking.ask(
        as: &members[index].asker, { $0.statuses(project: key, token: $1) }, SiteResponses.statuses)
      switch statuses {
      case .success(let statuses): project.statuses = statuses
      case .failure(let failure):
        miss("the statuses of \(key)", failure, as: index, "see the project (BROWSE_PROJECTS)", project: key)
      }
    }
    facts.projects[key] = project
  }

  /// Says what could not be read, and where somebody's rights may be why, which permission shows it.
  private mutating func miss(
    _ what: String, _ failure: CallFailure, as index: Int, _ permission: String, project: String,
    issueType: String? = nil
  ) {
    // Once for all: why the check ended is said by itself.
    guard asking.end == nil else { return }
    let name = members[index].name
    let remedy: String
    switch failure {
    case .forbidden, .notFound, .rejected:
      remedy = "; Jira shows this to who may \(permission) in \(project), so give \(name) that permission there"
    case .scopeMissing, .unauthorised: remedy = "; \(name) must connect again"
    case .unreachable, .unknown, .unavailable, .rateLimited, .appForbidden, .gone, .conflict, .tooLarge, .misconfigured,
      .unsupported, .redirected, .noGrant, .unreadable:
      remedy = ""
    }
    facts.gaps.append(
      SiteFacts.Gap(
        project: project, issueType: issueType,
        words: "\(what) could not be read as \(name), and so was not checked: Jira: \(failure)\(remedy)"))
  }

  private mutating func readPlace(_ place: IssuePlace, _ progress: (String) -> Void) async throws {
    guard let type = facts.projects[place.project]?.issueTypes.first(where: { $0.name == place.issueType }),
      let creator = member(who: "CREATE_ISSUES", in: place.project)
    else { return }
    progress("\(place)")
    var screens = SiteFacts.Screens()
    let create = try await asking.askAll(
      as: &members[creator].asker,
      { $0.createFields(project: place.project, issueType: type.id, startAt: $1, token: $2) },
      SiteResponses.createFields)
    switch create {
    case .success(let fields): screens.create = fields
    case .failure(let failure):
      miss(
        "the create screen of \(place)", failure, as: creator, "create issues (CREATE_ISSUES)", project: place.project,
        issueType: place.issueType)
    }
    screens.hidden = hidden(from: creator, in: place.project)
    facts.screens[place] = screens
    try await readExample(place)
  }

  /// The guarded fields that somebody may not set, and so is not shown.
  private func hidden(from index: Int, in project: String) -> Set<String> {
    let granted = members[index].permissions[project] ?? []
    return Set(SiteNeeds.guarded.filter { !granted.contains($0.value) }.keys)
  }

  /// Edit screens and transitions can be seen only at an issue: the newest, and the newest of each status.
  private mutating func readExample(_ place: IssuePlace) async throws {
    guard let editor = member(who: "EDIT_ISSUES", in: place.project) else { return }
    let jql = JiraRequests.jql(project: place.project, issueType: place.issueType)
    let found = try await asking.ask(
      as: &members[editor].asker,
      {
        $0.search(
          jql: jql, fields: ["status"], page: nil, reconcile: [], maxResults: Self.sampleSize, token: $1)
      }, JiraResponses.page)
    guard case .success(let page) = found else {
      if case .failure(let failure) = found {
        miss(
          "an issue to look at in \(place)", failure, as: editor, "see the project (BROWSE_PROJECTS)",
          project: place.project, issueType: place.issueType)
      }
      return
    }
    guard let newest = page.issues.first else { return }
    let edit = try await asking.ask(
      as: &members[editor].asker, { $0.editFields(of: newest.id, token: $1) }, SiteResponses.editFields)
    switch edit {
    case .failure(let failure):
      miss(
        "the edit screen of \(place)", failure, as: editor, "change fields (EDIT_ISSUES)", project: place.project,
        issueType: place.issueType)
    case .success(let fields) where fields.isEmpty:
      facts.gaps.append(
        SiteFacts.Gap(
          project: place.project, issueType: place.issueType,
          words: "\(newest.key) shows \(members[editor].name) no field to change, although they may change fields "
            + "there (EDIT_ISSUES), so the edit screen of \(place) was not checked"))
    case .success(let fields):
      facts.screens[place]?.edit = fields
      facts.screens[place]?.example = newest.key.rawValue
      let unseen = hidden(from: editor, in: place.project)
      facts.screens[place]?.hidden.formUnion(unseen)
    }
    guard needs.asksForStatuses, let mover = member(who: "TRANSITION_ISSUES", in: place.project) else { return }
    var ways: [String: [SiteFacts.Way]] = [:]
    for issue in page.issues where ways[issue.status] == nil && ways.count < Self.statusLimit {
      let answer = try await asking.ask(
        as: &members[mover].asker, { $0.transitions(of: issue.id, token: $1) }, SiteResponses.ways)
      switch answer {
      case .success(let found): ways[issue.status] = found
      case .failure(let failure):
        miss(
          "the ways out of '\(issue.status)' of \(place)", failure, as: mover, "move issues (TRANSITION_ISSUES)",
          project: place.project, issueType: place.issueType)
      }
    }
    facts.screens[place]?.ways = ways
  }
}
