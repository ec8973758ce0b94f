/// What every page has around its content.
struct PageFrame: Sendable {
  struct Item: Sendable {
    var label: String
    var href: String
    var isCurrent: Bool
  }

  var title: String
  var stylesheet = Stylesheet.path
  var navigation: [Item] = []
  var canSignOut = false
  var csrf = ""
  var madeAt: String

  let hasNavigation: Bool

  init(title: String, navigation: [Item] = [], canSignOut: Bool = false, csrf: String = "", madeAt: String) {
    self.title = title
    self.navigation = navigation
    self.canSignOut = canSignOut
    self.csrf = csrf
    self.madeAt = madeAt
    hasNavigation = !navigation.isEmpty
  }
}

/// A moment as pages show it: exact, and in words.
struct Moment: Sendable {
  var iso: String
  var words: String
  /// To the second, as people read it.
  let exact: String

  init(iso: String, words: String) {
    self.iso = iso
    self.words = words
    let seconds = iso.utf8.prefix(19)
    exact =
      String(decoding: seconds.prefix(10), as: UTF8.self) + " " + String(decoding: seconds.dropFirst(11), as: UTF8.self)
  }
}

/// A page that says something and perhaps where to go from here.
struct MessagePage: Sendable {
  struct Link: Sendable {
    var href: String
    var label: String
  }

  var page: PageFrame
  var paragraphs: [String]
  var link: Link?
  var requestID: String?
}

struct TokenPage: Sendable {
  var page: PageFrame
  var connection: String
  var userName: String
  var userEmail: String
  var site: String
  /// `API token`, and with its article.
  var kind: String
  var article: String
  /// Where tokens are made.
  var `where`: String
  var needsEmail: Bool
  var authorizeURL: String?
  var refusal: String?
  var state: String
}

struct ConfirmPage: Sendable {
  var page: PageFrame
  var connection: String
  var userName: String
  var userEmail: String?
  var accountName: String
  var accountEmail: String?
  var site: String
  var sharedWith: String?
  var state: String
}

struct ConnectedPage: Sendable {
  var page: PageFrame
  var userName: String
  var connection: String
  var accountName: String
  var released: String
}

struct OwnPage: Sendable {
  struct Grant: Sendable {
    var accountName: String
    var state: String
    var tone: String
    var since: Moment
    var lapseReason: String?
    /// When it ends if nobody uses it; nil: it has ended.
    var ends: Moment?
  }
  struct Field: Sendable {
    var name: String
    var value: String
  }

  var page: PageFrame
  var userName: String
  var connection: String
  var grant: Grant?
  var connectURL: String
  var connectLabel: String
  var disconnectURL: String
  var signedQuery: [Field]
  var operations: [OperationRow]
  var hasHeld: Bool
  var canAct = false
}

/// One operation in a table.
struct OperationRow: Sendable {
  var id: String
  var what: String
  var caseID: String
  var caseHref: String?
  var eventHref: String?
  var issueKey: String?
  var issueHref: String?
  var who: String
  var state: String
  var tone: String
  var explanation: String
  /// Who can end the wait; nil where nobody waits.
  var end: String?
  var since: Moment
  var retryURL: String
  var discardURL: String
  var csrf: String
}

/// Operations under a heading.
struct OperationTable: Sendable {
  var operations: [OperationRow]
  var canAct: Bool
}

/// One event in a table or on its own page.
struct EventRow: Sendable {
  var id: String
  var href: String
  var connection: String
  var caseID: String
  var caseHref: String
  var kind: String
  var who: String
  var received: Moment
  var state: String
  var tone: String
  var standing: String
  /// Nil: it cannot be planned again, because it was planned or because no mapping asks for it.
  var retryURL: String?
  /// The version of the mappings that it was planned with.
  var mappings: String?
  var csrf: String
  var operations: [OperationRow]
  let hasOperations: Bool

  init(
    id: String, href: String, connection: String, caseID: String, caseHref: String, kind: String, who: String,
    received: Moment, state: String, tone: String, standing: String, retryURL: String?, mappings: String? = nil,
    csrf: String, operations: [OperationRow]
  ) {
    self.mappings = mappings
    self.id = id
    self.href = href
    self.connection = connection
    self.caseID = caseID
    self.caseHref = caseHref
    self.kind = kind
    self.who = who
    self.received = received
    self.state = state
    self.tone = tone
    self.standing = standing
    self.retryURL = retryURL
    self.csrf = csrf
    self.operations = operations
    hasOperations = !operations.isEmpty
  }
}

struct SignInPage: Sendable {
  var page: PageFrame
  var problem: String?
}

struct EventsPage: Sendable {
  var page: PageFrame
  var events: [EventRow]
  var hasEvents: Bool
  var olderHref: String?
}

struct EventPage: Sendable {
  var page: PageFrame
  var event: EventRow
  var operations: [OperationRow]
  var hasOperations: Bool
  var canAct: Bool
}

struct CasePage: Sendable {
  struct Link: Sendable {
    var mapping: String
    var issueKey: String?
    var issueHref: String?
    /// What there is to know of it beside the issue.
    var remarks: [String]
  }
  struct LostValue: Sendable {
    var at: Moment
    var field: String
    /// Nil: the field was empty.
    var crm: String?
    var jira: String?
    var winner: String
  }
  struct Line: Sendable {
    var at: Moment
    var text: String
    /// Something arrived; the other lines tell what was done.
    var isEvent: Bool
    var eventHref: String?
  }
  /// Something that has not come to its end, and who can bring it there.
  struct Wait: Sendable {
    var what: String
    var state: String
    var tone: String
    var explanation: String
    var end: String
  }

  var page: PageFrame
  var connection: String
  var links: [Link]
  var operations: [OperationRow]
  var hasOperations: Bool
  var canAct: Bool
  var conflicts: [LostValue]
  var hasConflicts: Bool
  var waits: [Wait]
  var frozen: [FrozenRow]
  var lines: [Line]
}

struct UnreadableDelivery: Sendable {
  var id: String
  var connection: String
  var since: Moment
  var reason: String
}

struct WorkPage: Sendable {
  var page: PageFrame
  /// Only what has one cause is shown.
  var isChosen: Bool
  var causes: [CauseRow]
  var frozen: [FrozenRow]
  var held: OperationTable?
  var dead: OperationTable?
  var events: [EventRow]
  var deliveries: [UnreadableDelivery]
  /// How many of each are shown, when there may be more.
  var limit: Int?
}

struct PeoplePage: Sendable {
  struct Person: Sendable {
    var userName: String
    var userID: String
    var connection: String
    var accountName: String
    var state: String
    var tone: String
    var lapseReason: String?
    var since: Moment
    /// When it ends if nobody uses it; nil: it has ended.
    var ends: Moment?
  }

  var page: PageFrame
  var people: [Person]
  var hasPeople: Bool
  /// Where the reporting of stored accounts stands.
  var reports: [String]
  var waiting: [OverviewPage.Cause]
  var csrf: String
}

/// What the newest mapping files are found to be wrong in.
struct MappingFindings: Sendable {
  let errors: [String]
  let warnings: [String]
  let hasErrors: Bool
  let hasWarnings: Bool

  init(errors: [String], warnings: [String]) {
    self.errors = errors
    self.warnings = warnings
    hasErrors = !errors.isEmpty
    hasWarnings = !warnings.isEmpty
  }
}

struct MappingsPage: Sendable {
  struct Row: Sendable {
    var name: String
    var connection: String
    var file: String
    var digest: String
  }

  var page: PageFrame
  var mappings: [Row]
  /// The version that runs.
  var running: MappingVersionRow?
  var findings: MappingFindings
  var versions: [MappingVersionRow]
}
