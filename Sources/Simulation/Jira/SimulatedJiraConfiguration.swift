package import SyncModel

/// What a simulated Jira Cloud site is: its app, accounts, projects and fields, and how punctual it is.
package struct SimulatedJiraConfiguration: Sendable {
  /// A Data Center instead of Cloud; accounts' ids are then their user names.
  package var isDataCenter = false
  package var cloudID = "5d1f6a0c-8f4e-4a53-9c55-7b2f6f0a1c11"
  package var siteName = "sandbox"
  /// What accessible-resources calls the site; nil: the origin that the request went to.
  package var siteURL: String?
  /// Other sites that every consent reaches; accessible-resources names them first.
  package var otherSites: [String] = []
  package var clientID: String
  package var clientSecret: Secret
  /// Compared as an exact string, as Atlassian does it.
  package var redirectURI: String
  /// What the app was given in the developer console; `offline_access` needs no entry.
  package var scopes = ["read:jira-work", "write:jira-work", "read:jira-user", "read:me", "manage:jira-webhook"]
  package var accounts: [SimulatedAccount]
  /// Who has the global permission "Browse users and groups"; nil: everybody.
  package var browsers: Set<AccountID>?
  package var projects: [SimulatedProject]
  package var customFields: [SimulatedField] = []
  package var accessTokenLife: Duration = .seconds(3600)
  package var codeLife: Duration = .seconds(300)
  /// How long a refresh token that was already exchanged is still taken.
  package var refreshLeeway: Duration = .seconds(600)
  package var refreshTokenLife: Duration = .seconds(90 * 86_400)
  /// Ids of text fields that an automation of the site writes in small letters, whatever was written into them.
  package var lowerCased: Set<String> = []
  /// How long after a write the search shows it.
  package var searchLag: Duration = .seconds(2)
  /// Search pages are never longer, whatever was asked for.
  package var largestPage = 100
  /// Writes to one issue within two seconds; nil: unlimited.
  package var issueWriteLimit: Int? = 20
  /// Writes to one issue within thirty seconds; nil: unlimited.
  package var issueWriteLimitOfHalfMinute: Int? = 100
  /// The app's points for one hour of the UTC clock; nil: unlimited.
  package var pointsPerHour: Int?
  /// Whether answers say how many points are left.
  package var announcesPoints = false
  /// Whether each endpoint takes no more requests a second than Atlassian publishes.
  package var limitsBursts = false
  /// Whether a JQL that names an issue by a key or id that does not exist is an error.
  package var refusesUnknownIssuesInJQL = true
  /// Larger files are refused.
  package var attachmentLimitBytes = 20 << 20
  /// An issue takes no more files than this.
  package var attachmentsPerIssue = 2000
  /// Whether reading an issue with `expand=transitions.fields` shows the screens, which is not documented.
  package var showsScreensWithIssues = true
  package var seed: UInt64 = 1

  package init(
    clientID: String, clientSecret: Secret, redirectURI: String, accounts: [SimulatedAccount],
    projects: [SimulatedProject]
  ) {
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.redirectURI = redirectURI
    self.accounts = accounts
    self.projects = projects
  }

  func account(_ id: AccountID) -> SimulatedAccount? { accounts.first { $0.id == id } }
  func project(_ key: String) -> SimulatedProject? { projects.first { $0.key == key } }
}

/// A person with an Atlassian account, or what else has one.
package struct SimulatedAccount: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable { case atlassian, app, customer }

  package var id: AccountID
  package var name: String
  package var email: String
  /// Whether others see the e-mail address.
  package var showsEmail = true
  package var isActive = true
  /// Cloud's `accountType`.
  package var kind = Kind.atlassian
  /// The profile's offset from UTC; Jira writes date-times in it and reads JQL's dates in it.
  package var offsetMinutes: Int64
  package var timeZone: String

  package init(
    id: AccountID, name: String, email: String, offsetMinutes: Int64 = 0, timeZone: String = "Etc/UTC"
  ) {
    self.id = id
    self.name = name
    self.email = email
    self.offsetMinutes = offsetMinutes
    self.timeZone = timeZone
  }
}

/// What an account may do in a project.
package enum SimulatedPermission: String, Hashable, Sendable, CaseIterable {
  case browse, create, edit, comment, transition, modifyReporter, attach, link, editAllComments, deleteAllComments,
    deleteIssues

  /// Jira's keys of what this permission stands for here.
  var keys: [String] {
    switch self {
    case .browse: ["BROWSE_PROJECTS"]
    case .create: ["CREATE_ISSUES"]
    case .edit: ["EDIT_ISSUES", "ASSIGN_ISSUES", "SCHEDULE_ISSUES", "RESOLVE_ISSUES"]
    case .comment: ["ADD_COMMENTS", "EDIT_OWN_COMMENTS", "DELETE_OWN_COMMENTS"]
    case .transition: ["TRANSITION_ISSUES"]
    case .modifyReporter: ["MODIFY_REPORTER"]
    case .attach: ["CREATE_ATTACHMENTS"]
    case .link: ["LINK_ISSUES"]
    case .editAllComments: ["EDIT_ALL_COMMENTS"]
    case .deleteAllComments: ["DELETE_ALL_COMMENTS"]
    case .deleteIssues: ["DELETE_ISSUES"]
    }
  }

  /// What an account has where nothing else is said.
  package static let usual: Set<SimulatedPermission> = [.browse, .create, .edit, .comment, .transition, .attach, .link]
}

/// A project with its issue types, workflow and the values its fields may have.
package struct SimulatedProject: Hashable, Sendable {
  package var key: String
  package var name: String
  package var issueTypes = ["Task", "Bug", "Story"]
  package var components: [String] = []
  package var versions: [String] = []
  /// Beyond summary; field ids.
  package var requiredFields: [String] = []
  /// Field ids that are not on the screen with which issues are made, or changed.
  package var notOnCreateScreen: Set<String> = []
  package var notOnEditScreen: Set<String> = []
  package var workflow = SimulatedWorkflow()

  package init(key: String, name: String) {
    self.key = key
    self.name = name
  }
}

/// Statuses and the ways between them.
package struct SimulatedWorkflow: Hashable, Sendable {
  package enum Category: String, Hashable, Sendable { case new, indeterminate, done }

  package struct Status: Hashable, Sendable {
    package var id: String
    package var name: String
    package var category: Category

    package init(id: String, name: String, category: Category) {
      self.id = id
      self.name = name
      self.category = category
    }
  }

  package struct Transition: Hashable, Sendable {
    package var id: String
    package var name: String
    /// Names of statuses.
    package var from: [String]
    package var to: String
    /// Ids of fields; `resolution` can be set nowhere else.
    package var screen: [String]
    /// Those of the screen's fields without which nobody passes: given now, or set on the issue already.
    package var required: [String]

    package init(
      id: String, name: String, from: [String], to: String, screen: [String] = [], required: [String] = []
    ) {
      self.required = required
      self.id = id
      self.name = name
      self.from = from
      self.to = to
      self.screen = screen
    }
  }

  /// The first is where an issue begins.
  package var statuses: [Status]
  package var transitions: [Transition]
  package var resolutions: [String]

  /// To Do → In Progress → Done → To Do.
  package init() {
    statuses = [
      Status(id: "10000", name: "To Do", category: .new),
      Status(id: "10001", name: "In Progress", category: .indeterminate),
      Status(id: "10002", name: "Done", category: .done),
    ]
    transitions = [
      Transition(id: "11", name: "Start work", from: ["To Do"], to: "In Progress"),
      Transition(id: "21", name: "Finish", from: ["In Progress"], to: "Done", screen: ["resolution"]),
      Transition(id: "31", name: "Reopen", from: ["Done"], to: "To Do"),
    ]
    resolutions = ["Done", "Won't Do", "Duplicate", "Cannot Reproduce"]
  }

  func status(_ name: String) -> Status? { statuses.first { $0.name == name } }
  func transitions(from status: String) -> [Transition] { transitions.filter { $0.from.contains(status) } }
}
