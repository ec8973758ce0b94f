package import RichText
package import SyncModel
package import XML

/// One `<mapping>`, compiled: rules as data that can be printed, compared and explained.
package struct Mapping: Sendable {
  package var name: MappingName
  package var connection: ConnectionName
  /// The file it came from, relative to the mappings folder.
  package var file: String
  /// Hex SHA-256 of the file, with its shared value tables' where it has any; an event records the digest that it was planned with.
  package var digest: String
  /// First match wins; none: the case is not mirrored.
  package var routes: [Route]
  package var fields: [FieldRule]
  package var status: StatusRule?
  package var comments: CommentRule?
  /// Nil: files stay where they are.
  package var attachments: AttachmentRule?
  package var link: LinkRule
  package var missingGrant: MissingGrantRule
  package var deletion = DeletionRule()
  package var reopening = ReopeningRule()

  package init(
    name: MappingName, connection: ConnectionName, file: String, digest: String, routes: [Route], fields: [FieldRule],
    status: StatusRule?, comments: CommentRule?, attachments: AttachmentRule? = nil, link: LinkRule,
    missingGrant: MissingGrantRule
  ) {
    self.attachments = attachments
    self.name = name
    self.connection = connection
    self.file = file
    self.digest = digest
    self.routes = routes
    self.fields = fields
    self.status = status
    self.comments = comments
    self.link = link
    self.missingGrant = missingGrant
  }
}

/// Which cases go to which project, as which issue type.
package struct Route: Sendable {
  /// XPath over the case; nil matches every case.
  package var condition: XPathExpression?
  package var project: String
  package var issueType: String
  package var position: SourcePosition

  package init(condition: XPathExpression?, project: String, issueType: String, position: SourcePosition) {
    self.condition = condition
    self.project = project
    self.issueType = issueType
    self.position = position
  }
}

/// In which directions a rule works.
package enum SyncDirection: String, Hashable, Sendable, CaseIterable {
  case toJira = "to-jira"
  case toCRM = "to-crm"
  case both

  package var writesJira: Bool { self != .toCRM }
  package var writesCRM: Bool { self != .toJira }
}

/// Whose value stands when both sides changed a field since the base.
package enum ConflictPolicy: String, Hashable, Sendable, CaseIterable { case crm, jira, newest, ask }

/// How a field's value looks on Jira's side.
package enum FieldFormat: String, Hashable, Sendable, CaseIterable {
  /// A short text field.
  case text
  /// Rich text in Jira, plain text in the CRM.
  case plain
  /// Rich text in Jira, HTML in the CRM.
  case html
  /// Rich text in Jira, Markdown in the CRM.
  case markdown
  /// Rich text in Jira, Jira's wiki markup in the CRM.
  case wiki
  case number, date, datetime, user, option, options, labels, components, versions, priority
  /// A choice of two levels: `Hardware > Printer` in the CRM.
  case cascading
  /// One option of a field of checkboxes, ticked or not: a truth value in the CRM.
  case checkbox
  /// The issue's parent, an epic among them, by its key.
  case parent

  /// Jira holds an ADF document.
  package var isRichText: Bool {
    switch self {
    case .plain, .html, .markdown, .wiki: true
    case .text, .number, .date, .datetime, .user, .option, .options, .labels, .components, .versions, .priority: false
    case .cascading, .checkbox, .parent: false
    }
  }
}

extension FieldRule {
  /// Its values come from a list or have a form, and are no words of a customer's: they may be named in what is said
  /// of a failure. An account or a label may be anything.
  package var isCoded: Bool {
    if values != nil { return true }
    switch format {
    case .number, .date, .datetime, .option, .options, .components, .versions, .priority: return true
    case .cascading, .checkbox, .parent: return true
    case .text, .plain, .html, .markdown, .wiki, .user, .labels: return false
    }
  }
}

/// How the CRM's API wants a value to be written in JSON.
package enum CRMType: String, Hashable, Sendable, CaseIterable { case string, number, boolean }

/// How one Jira field corresponds to the case.
package struct FieldRule: Sendable {
  /// Where the CRM's value comes from.
  package enum Source: Sendable {
    /// `crm="priority"`: one field, by its XPath from the case; the only source that can be written back.
    case field(XPathExpression)
    /// `value="[{number}] {subject}"`: composed, one-way.
    case template(Template)
  }

  package var key: FieldKey
  package var source: Source
  /// What the CRM's API calls the field when it is written back: `crm-name`, else the text of `crm`.
  package var crmName: String
  package var crmType: CRMType
  package var format: FieldFormat
  package var direction: SyncDirection
  package var onConflict: ConflictPolicy
  package var values: ValueTable?
  /// The document that ``values`` are from, where they are shared.
  package var valuesFrom: ValuesUse?
  /// Written to Jira when the CRM's value is empty.
  package var defaultValue: String?
  /// In characters; longer text is cut at a word, rich text at a block, and ends in an ellipsis.
  package var maxLength: Int?
  package let position: SourcePosition
  /// ``position`` in words, written once: each change of the field carries it.
  package let place: String
  /// Of what it is made from; nil: made by the program.
  package var sourcePosition: SourcePosition?
  /// What Jira gets when the CRM's value is empty, and no pair or ``defaultValue`` says otherwise.
  package var whenEmpty = EmptyRule.clear
  /// What the CRM gets when Jira's value is empty, unless ``crmDefault`` says otherwise.
  package var whenJiraEmpty = EmptyRule.clear
  /// Written to the CRM when Jira's value is empty.
  package var crmDefault: String?
  /// What a field means that a delivery does not name at all.
  package var whenAbsent = AbsenceRule.leave
  /// Written when the issue is made and never again.
  package var isOnlyForNewIssues = false
  /// How the CRM writes dates and times.
  package var times = TimeForm()
  /// As what this Jira keeps rich text; known once the mapping's site is.
  package var textForm = JiraText.Form.adf
  /// The option that a ``FieldFormat/checkbox`` ticks.
  package var option: String?

  package init(
    key: FieldKey, source: Source, crmName: String, format: FieldFormat, direction: SyncDirection,
    onConflict: ConflictPolicy, values: ValueTable?, defaultValue: String?, maxLength: Int?, position: SourcePosition,
    crmType: CRMType = .string
  ) {
    self.crmType = crmType
    self.key = key
    self.source = source
    self.crmName = crmName
    self.format = format
    self.direction = direction
    self.onConflict = onConflict
    self.values = values
    self.defaultValue = defaultValue
    self.maxLength = maxLength
    self.position = position
    place = position.description
  }
}

/// What the other side gets for an empty value.
package enum EmptyRule: String, Hashable, Sendable, CaseIterable { case leave, clear, `default` }

/// What a field means that a delivery does not name: as it was (many webhooks tell only some fields), or empty.
package enum AbsenceRule: String, Hashable, Sendable, CaseIterable { case leave, empty }

/// How the CRM writes dates and times.
package struct TimeForm: Hashable, Sendable {
  /// For times without an offset; nil: UTC.
  package var zone: Zone?
  /// Nil: ISO 8601.
  package var pattern: TimePattern?

  package init(zone: Zone? = nil, pattern: TimePattern? = nil) {
    self.zone = zone
    self.pattern = pattern
  }
}

/// `<pair crm="P1" jira="Highest"/>` … `<otherwise crm="P3" jira="Medium"/>`.
package struct ValueTable: Hashable, Sendable {
  package struct Pair: Hashable, Sendable {
    package var crm: String
    package var jira: String
    /// In which directions the pair translates.
    package var direction: SyncDirection
    /// Nil: made by the program, and written nowhere.
    package var position: SourcePosition?

    package init(crm: String, jira: String, direction: SyncDirection = .both, position: SourcePosition? = nil) {
      self.crm = crm
      self.jira = jira
      self.direction = direction
      self.position = position
    }
  }

  package var pairs: [Pair]
  /// `jira` for a CRM value without a pair, `crm` for a Jira value without one; nil: such a value is not translated.
  package var otherwiseJira: String?
  package var otherwiseCRM: String?
  /// Of the `<otherwise>`.
  package var otherwisePosition: SourcePosition?

  package init(
    pairs: [Pair], otherwiseJira: String?, otherwiseCRM: String?, otherwisePosition: SourcePosition? = nil
  ) {
    self.otherwisePosition = otherwisePosition
    self.pairs = pairs
    self.otherwiseJira = otherwiseJira
    self.otherwiseCRM = otherwiseCRM
  }

  /// The first pair that translates towards Jira and has this value, else ``otherwiseJira``.
  package func jira(forCRM value: String) -> String? {
    pairs.first { $0.crm == value && $0.direction.writesJira }?.jira ?? otherwiseJira
  }

  /// The first pair that translates towards the CRM and has this value, else ``otherwiseCRM``.
  package func crm(forJira value: String) -> String? {
    pairs.first { $0.jira == value && $0.direction.writesCRM }?.crm ?? otherwiseCRM
  }
}

/// Status: a map to target states, reached through whatever transition leads there.
package struct StatusRule: Sendable {
  /// XPath from the case.
  package var source: XPathExpression
  package var crmName: String
  package var crmType: CRMType
  package var direction: SyncDirection
  package var onConflict: ConflictPolicy
  package var values: ValueTable
  /// The document that ``values`` are from, where they are shared.
  package var valuesFrom: ValuesUse?
  /// Jira status name → resolution name to set on the way there.
  package var resolutions: [String: String]
  /// Jira status name → what a pair says of the way there.
  package var ways: [String: StatusWay]
  package var position: SourcePosition

  package init(
    source: XPathExpression, crmName: String, direction: SyncDirection, onConflict: ConflictPolicy, values: ValueTable,
    resolutions: [String: String], position: SourcePosition, crmType: CRMType = .string, ways: [String: StatusWay] = [:]
  ) {
    self.ways = ways
    self.crmType = crmType
    self.source = source
    self.crmName = crmName
    self.direction = direction
    self.onConflict = onConflict
    self.values = values
    self.resolutions = resolutions
    self.position = position
  }

  /// The field key under which bases remember the status.
  package static let key: FieldKey = "status"
}

/// How one Jira status is reached: the statuses to pass through, and what the screens on the way ask for.
package struct StatusWay: Sendable {
  /// `via="In Progress, Review"`, in order; empty: a status between that the mapping's pairs name.
  package var via: [String]
  /// `<screen field="…" value="…"/>`: one-way rules, by the field's id.
  package var screen: [FieldRule]
  /// The pair.
  package var position: SourcePosition

  package init(via: [String], screen: [FieldRule], position: SourcePosition) {
    self.via = via
    self.screen = screen
    self.position = position
  }
}

/// What becomes of an operation whose acting user has no grant.
package struct MissingGrantRule: Hashable, Sendable {
  package enum Action: String, Hashable, Sendable, CaseIterable { case hold, service, skip }

  package var action: Action
  /// With `hold`: after this long, ``then`` is done.
  package var after: Duration?
  package var then: Action?
  /// What becomes of an operation when the CRM does not say who acted: nobody's grant could ever fit.
  package var anonymous: Action
  /// `tell="note"`: an internal comment on the case says that somebody must connect.
  package var tellPosition: SourcePosition?
  package var tells: Bool { tellPosition != nil }
  /// `tell-field`: the CRM's field that says for whom a case's changes wait.
  package var tellField: TellField?

  package struct TellField: Hashable, Sendable {
    package var crmName: String
    package var position: SourcePosition
  }

  package init(
    action: Action = .hold, after: Duration? = nil, then: Action? = nil, anonymous: Action = .hold
  ) {
    self.action = action
    self.anonymous = anonymous
    self.after = after
    self.then = then
  }
}
