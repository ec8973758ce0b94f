/// A project with one of its issue types: what a route leads to.
package struct IssuePlace: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var project: String
  package var issueType: String

  package init(project: String, issueType: String) {
    self.project = project
    self.issueType = issueType
  }

  package var description: String { "\(project) / \(issueType)" }

  package static func < (left: IssuePlace, right: IssuePlace) -> Bool {
    (left.project, left.issueType) < (right.project, right.issueType)
  }
}

/// What a Jira site says of itself, as far as mappings need it: a value, so that holding mappings against it is pure.
///
/// Nil always means that it is not known, never that there is none: what is not known gives no finding but the one that
/// says why it is not known.
package struct SiteFacts: Hashable, Sendable {
  package struct Project: Hashable, Sendable {
    package var issueTypes: [IssueType]
    /// By issue type.
    package var statuses: [String: [String]]?

    package init(issueTypes: [IssueType] = [], statuses: [String: [String]]? = nil) {
      self.issueTypes = issueTypes
      self.statuses = statuses
    }
  }

  package struct IssueType: Hashable, Sendable {
    package var id: String
    package var name: String
    package var isSubtask: Bool

    package init(id: String, name: String, isSubtask: Bool = false) {
      self.id = id
      self.name = name
      self.isSubtask = isSubtask
    }
  }

  /// What one project's issue type asks for and offers.
  package struct Screens: Hashable, Sendable {
    /// The fields with which an issue can be made.
    package var create: [SiteField]?
    /// Whoever they were read as may set these only with permissions that they lack: they were not to be seen.
    package var hidden: Set<String> = []
    /// The fields that can be changed on ``example``; there is no screen without an issue.
    package var edit: [SiteField]?
    package var example: String?
    /// The transitions out of those statuses in which an issue was found.
    package var ways: [String: [Way]] = [:]

    package init(create: [SiteField]? = nil) { self.create = create }
  }

  /// One transition.
  package struct Way: Hashable, Sendable {
    package var name: String
    package var target: String
    package var fields: [SiteField]

    package init(name: String, target: String, fields: [SiteField] = []) {
      self.name = name
      self.target = target
      self.fields = fields
    }
  }

  /// Something that could not be read, and so was not held against the mappings.
  package struct Gap: Hashable, Sendable {
    /// Nil: it concerns the connection as a whole.
    package var project: String?
    package var issueType: String?
    /// A sentence's middle: "the create screen could not be read: …".
    package var words: String

    package init(project: String? = nil, issueType: String? = nil, words: String) {
      self.project = project
      self.issueType = issueType
      self.words = words
    }
  }

  /// Those of the mappings' projects that can be seen, by key.
  package var projects: [String: Project] = [:]
  /// Keys that may have been meant; asked for only where one is missing.
  package var otherProjects: [String] = []
  package var screens: [IssuePlace: Screens] = [:]
  /// Every field of the site: id → name.
  package var fieldNames: [String: String]?
  package var resolutions: [String]?
  package var people: [SitePerson] = []
  package var gaps: [Gap] = []

  package init() {}
}

/// A field as a screen shows it.
package struct SiteField: Hashable, Sendable {
  package var id: String
  package var name: String
  package var isRequired: Bool
  package var hasDefault: Bool
  /// `schema.type`: `string`, `array`, `option`, …
  package var type: String
  /// `schema.items`, of an array.
  package var items: String?
  /// The last part of `schema.custom`: `textarea`, `select`, …
  package var custom: String?
  /// Names, or values of options; nil: anything, or too many to be listed.
  package var allowed: [String]?

  package init(
    id: String, name: String, isRequired: Bool = false, hasDefault: Bool = false, type: String, items: String? = nil,
    custom: String? = nil, allowed: [String]? = nil
  ) {
    self.id = id
    self.name = name
    self.isRequired = isRequired
    self.hasDefault = hasDefault
    self.type = type
    self.items = items
    self.custom = custom
    self.allowed = allowed
  }

  /// A document, not a line: Jira's schema calls both `string`.
  package var isRichText: Bool {
    type == "string" && (id == "description" || id == "environment" || custom == "textarea")
  }

  /// `Severity (customfield_10042)`, or the id alone where the name says no more.
  package var words: String { name.isEmpty || name.lowercased() == id.lowercased() ? id : "\(name) (\(id))" }
}

/// Somebody as whom requests will be sent, and what Jira lets them do.
package struct SitePerson: Hashable, Sendable {
  package enum Standing: Hashable, Sendable {
    /// The permissions of each project that could be asked about.
    case active([String: Set<String>])
    /// The connection ended: its person must connect again.
    case lapsed
    /// It could not be asked, and why.
    case unknown(String)
  }

  /// As people call them.
  package var name: String
  package var standing: Standing
  /// Sends people's changes in their own name; false for a service user that only reads.
  package var writes: Bool
  package var reads: Bool

  package init(name: String, standing: Standing, writes: Bool, reads: Bool = false) {
    self.name = name
    self.standing = standing
    self.writes = writes
    self.reads = reads
  }
}
