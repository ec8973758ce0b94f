import SyncModel

/// What the mappings of one connection need to know of a site: exactly this is asked, and nothing more.
package struct SiteNeeds: Hashable, Sendable {
  /// A permission that a rule's writes take, and where that rule stands.
  package struct Permission: Hashable, Sendable {
    /// Jira's key: `ADD_COMMENTS`.
    package var key: String
    /// What one may not do without it: "comment".
    package var words: String
    package var project: String
    package var position: SourcePosition
    package var mapping: String
    /// What takes it is done by the person alone: the service user never stands in.
    package var isPersonal = false
    /// A wider permission that does as well: who may change everybody's comments may change their own.
    package var wider: String?

    package init(
      key: String, words: String, project: String, position: SourcePosition, mapping: String, isPersonal: Bool = false,
      wider: String? = nil
    ) {
      self.key = key
      self.wider = wider
      self.words = words
      self.project = project
      self.position = position
      self.mapping = mapping
      self.isPersonal = isPersonal
    }
  }

  /// In order, each once.
  package var places: [IssuePlace] = []
  package var permissions: [Permission] = []
  package var asksForResolutions = false
  package var asksForStatuses = false
  /// A mapping lets the service user write for others.
  package var serviceUserWrites = false
  /// People are looked up, as the service user.
  package var looksUpPeople: Bool

  package init(_ mappings: [Mapping], looksUpPeople: Bool = false) {
    self.looksUpPeople = looksUpPeople
    var places: Set<IssuePlace> = []
    for mapping in mappings {
      places.formUnion(mapping.routes.map(\.place))
      permissions += Self.permissions(of: mapping)
      if let status = mapping.status {
        asksForStatuses = true
        if !status.resolutions.isEmpty { asksForResolutions = true }
      }
      if mapping.deletion.ofCase == .close {
        asksForStatuses = true
        if mapping.deletion.resolution != nil { asksForResolutions = true }
      }
      let grant = mapping.missingGrant
      if grant.action == .service || grant.then == .service || grant.anonymous == .service { serviceUserWrites = true }
    }
    self.places = places.sorted()
  }

  package var projects: [String] { Set(places.map(\.project)).sorted() }

  /// Every key that is to be asked about in a project, so that one request does; whoever reads needs the first.
  package func keys(in project: String) -> [String] {
    let needed = permissions.filter { $0.project == project }.flatMap { [$0.key, $0.wider].compactMap { $0 } }
    let global = looksUpPeople ? [Self.browsingUsers] : []
    return Set(["BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES"] + needed + global).sorted()
  }

  /// "Browse users and groups": a global permission, which Jira tells beside those of any project.
  static let browsingUsers = "USER_PICKER"

  /// Fields that Jira shows and takes only with a permission of their own.
  package static let guarded = [
    "reporter": "MODIFY_REPORTER", "assignee": "ASSIGN_ISSUES", "duedate": "SCHEDULE_ISSUES",
    "fixVersions": "RESOLVE_ISSUES",
  ]

  private static func permissions(of mapping: Mapping) -> [Permission] {
    var result: [Permission] = []
    var seen: Set<String> = []
    for route in mapping.routes where seen.insert(route.project).inserted {
      // What two rules need is said once, at the first of them.
      func need(
        _ key: String, _ words: String, _ position: SourcePosition?, isPersonal: Bool = false,
        orWider wider: String? = nil
      ) {
        guard let position, !result.contains(where: { $0.key == key && $0.project == route.project }) else { return }
        result.append(
          Permission(
            key: key, words: words, project: route.project, position: position, mapping: mapping.name.rawValue,
            isPersonal: isPersonal, wider: wider))
      }
      need("BROWSE_PROJECTS", "see the project", route.position)
      need("CREATE_ISSUES", "create issues", route.position)
      let written = mapping.fields.filter(\.direction.writesJira)
      need("EDIT_ISSUES", "change fields", written.first { !$0.isOnlyForNewIssues }?.position)
      for field in written {
        if let key = guarded[field.key.rawValue] { need(key, "set '\(field.key)'", field.position) }
      }
      if let status = mapping.status, status.direction.writesJira {
        need("TRANSITION_ISSUES", "move issues", status.position)
        for (_, way) in status.ways.sorted(by: { $0.key < $1.key }) {
          for field in way.screen {
            if let key = guarded[field.key.rawValue] { need(key, "set '\(field.key)'", field.position) }
          }
        }
      }
      if let comments = mapping.comments, comments.direction.writesJira {
        need("ADD_COMMENTS", "comment", comments.position)
        if comments.edits?.writesJira == true {
          need("EDIT_OWN_COMMENTS", "change comments", comments.position, orWider: "EDIT_ALL_COMMENTS")
        }
        if comments.deletions?.writesJira == true {
          need("DELETE_OWN_COMMENTS", "delete comments", comments.position, orWider: "DELETE_ALL_COMMENTS")
        }
      }
      if let files = mapping.attachments, files.direction.writesJira {
        need("CREATE_ATTACHMENTS", "attach files", files.position)
      }
      if mapping.link.remoteLinkTitle != nil { need("LINK_ISSUES", "link issues to the case", route.position) }
      switch mapping.deletion.ofCase {
      case .keep: break
      case .comment: need("ADD_COMMENTS", "comment", mapping.deletion.position)
      case .close: need("TRANSITION_ISSUES", "move issues", mapping.deletion.position)
      case .delete: need("DELETE_ISSUES", "delete issues", mapping.deletion.position, isPersonal: true)
      }
      if mapping.reopening.ofCase == .comment { need("ADD_COMMENTS", "comment", mapping.status?.position) }
    }
    return result
  }
}

extension Route {
  package var place: IssuePlace { IssuePlace(project: project, issueType: issueType) }
}
