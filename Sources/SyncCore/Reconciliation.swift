import JSON
package import MappingLanguage
package import RichText
package import SyncModel

/// What a run decides about one link: which of Jira's changes the CRM has yet to learn. Pure.
package struct Reconciliation: Sendable {
  package struct Input: Sendable {
    package var link: LinkState
    package var issue: JiraIssue
    package var comments: [JiraComment]
    package var knownComments: Set<CommentID>
    /// The case as the CRM has it now; nil: it was not asked, and what was seen last stands for it.
    package var reading: CaseReading?
    package var people: People
    package var markup: RichTextFormat
    /// Who changed what last, by field, as the changelog tells.
    package var authors: [FieldKey: String]
    /// When it was, likewise.
    package var changedAt: [FieldKey: Timestamp] = [:]
    /// What is remembered of comments that have a mirror, by Jira's id.
    package var pairs: [CommentID: CommentPair] = [:]
    /// Whether ``comments`` are all that the issue has: only then does a missing one mean that it was deleted.
    package var hasAllComments = false
    package var abilities = CaseAbilities()
    /// Files of the issue that were decided about, or are copies of the case's.
    package var knownFiles: Set<AttachmentID> = []
    /// A copy may be among the files without anybody knowing which.
    package var hasLostFile = false
    /// How the CRM's texts mention people.
    package var mention: MentionForm?
    /// Why accounts that were looked up are nobody's whom the CRM knows.
    package var doubts: [AccountID: String] = [:]
    /// Takes note of whom the decision asks for in vain.
    package var asked: AskedPeople?

    package init(
      link: LinkState, issue: JiraIssue, comments: [JiraComment], knownComments: Set<CommentID>,
      reading: CaseReading?, people: People, markup: RichTextFormat, authors: [FieldKey: String]
    ) {
      self.link = link
      self.issue = issue
      self.comments = comments
      self.knownComments = knownComments
      self.reading = reading
      self.people = people
      self.markup = markup
      self.authors = authors
    }
  }

  package struct Decision: Hashable, Sendable {
    package var operations: [PlannedOperation] = []
    package var bases: [FieldKey: FieldState.Base] = [:]
    package var conflicts: [Conflict] = []
    package var notes: [String] = []
    /// Digests of comments that are only to be remembered, by Jira's id.
    package var texts: [CommentID: String] = [:]
    /// Comments that were deleted in Jira and stay in the CRM.
    package var gone: Set<CommentID> = []
    /// Files that stay in Jira.
    package var leftOut: Set<AttachmentID> = []
  }

  let mapping: Mapping

  package init(mapping: Mapping) { self.mapping = mapping }

  /// The Jira fields that a run has to read for this mapping.
  package var jiraFields: [String] {
    ["status", "updated"] + (mapping.attachments?.direction.writesCRM == true ? ["attachment"] : [])
      + mapping.fields.filter(\.direction.writesCRM).map(\.key.rawValue)
  }

  /// The fields on which Jira has moved away from the base: only then is the CRM asked, and the changelog.
  package func moved(_ issue: JiraIssue, from link: LinkState) -> Set<FieldKey> {
    var moved: Set<FieldKey> = []
    for rule in mapping.fields where rule.direction.writesCRM {
      if rule.canonical(inJira: issue.fields, label: link.label) != link.fields[rule.key]?.base?.jira {
        moved.insert(rule.key)
      }
    }
    if let rule = mapping.status, rule.direction.writesCRM,
      .text(issue.status) != link.fields[StatusRule.key]?.base?.jira
    {
      moved.insert(StatusRule.key)
    }
    // What is stopped is looked at when somebody releases it.
    return moved.filter { link.fields[$0]?.isFrozen != true }
  }

  package func decide(_ input: Input) -> Decision {
    var decision = Decision()
    let moved = moved(input.issue, from: input.link)
    var edit = CaseEdit(fields: [], names: [:], status: nil)
    for rule in mapping.fields where moved.contains(rule.key) { field(rule, input, &edit, &decision) }
    if moved.contains(StatusRule.key), let rule = mapping.status { status(rule, input, &edit, &decision) }
    if !edit.fields.isEmpty || edit.status != nil {
      let author = ([StatusRule.key] + edit.fields.map(\.key)).lazy.compactMap { input.authors[$0] }.first
      decision.operations.append(PlannedOperation(call: .writeCase(edit), actor: nil, authorName: author))
    }
    comments(input, &decision)
    attachments(input, &decision)
    return decision
  }

  // MARK: - Fields

  private func field(_ rule: FieldRule, _ input: Input, _ edit: inout CaseEdit, _ decision: inout Decision) {
    let json = input.issue.fields[rule.key.rawValue] ?? .null
    let jira = rule.canonical(inJira: input.issue.fields, label: input.link.label)
    let now = input.reading?.values[rule.key] ?? input.link.fields[rule.key]?.seenCRM
    switch rule.crmValue(
      forJira: jira, held: rule.format.isRichText ? json : nil, current: now,
      users: { input.user(of: $0)?.id }, mentions: input.mentions)
    {
    case .leaveOut where rule.format == .user && !jira.isEmpty:
      let doubt = input.doubt(about: jira)
      decision.notes.append("\(rule.key) changed in Jira \(doubt), so the CRM's is left alone")
    case .leaveOut:
      decision.notes.append("\(rule.key) changed in Jira to a value that the CRM has no equal for, so it stays there")
    case .failure(let problem): decision.notes.append(problem.description)
    case .value(let crmValue, let payload):
      let write = FieldWrite(
        key: rule.key, payload: payload, crm: crmValue, jira: jira, isTwoWay: rule.direction == .both,
        place: rule.place)
      // Several CRM values may stand for one of Jira's: one that already does is left as it is.
      if case .text(let held)? = now, case .text(let wanted) = jira, let values = rule.values,
        values.jira(forCRM: held) == wanted
      {
        decision.bases[rule.key] = FieldState.Base(crm: .text(held), jira: jira)
        return
      }
      if settle(write, policy: rule.onConflict, crmNow: now, input, &decision) {
        edit.fields.append(write)
        edit.names[rule.key] = rule.crmName
        if write.isTwoWay { edit.assumed[rule.key] = assumption(rule.key, input.reading?.values[rule.key], input) }
      }
    }
  }

  private func status(_ rule: StatusRule, _ input: Input, _ edit: inout CaseEdit, _ decision: inout Decision) {
    let seen = input.reading?.knownStatus ?? input.link.fields[StatusRule.key]?.seenCRM
    // Several CRM statuses may stand for one Jira status: one that already does is left as it is.
    if case .text(let now)? = seen, rule.values.jira(forCRM: now) == input.issue.status {
      decision.bases[StatusRule.key] = FieldState.Base(crm: .text(now), jira: .text(input.issue.status))
      return
    }
    let write: FieldWrite
    switch rule.crmStatus(forJira: input.issue.status) {
    case .leaveOut: return
    case .failure(let problem):
      decision.notes.append(problem.description)
      return
    case .value(let crm, let payload):
      write = FieldWrite(
        key: StatusRule.key, payload: payload, crm: crm, jira: .text(input.issue.status),
        isTwoWay: rule.direction == .both, place: rule.position.description)
    }
    if leavesClosed(write, crmNow: seen, input, &decision) { return }
    if settle(write, policy: rule.onConflict, crmNow: seen, input, &decision) {
      edit.status = write
      edit.names[StatusRule.key] = rule.crmName
      if write.isTwoWay {
        edit.assumed[StatusRule.key] = assumption(StatusRule.key, input.reading?.knownStatus, input)
      }
    }
  }

  private func assumption(_ key: FieldKey, _ crm: FieldValue?, _ input: Input) -> CaseEdit.Assumption {
    CaseEdit.Assumption(crm: crm, base: input.link.fields[key]?.base)
  }

  /// Merges one field that Jira moved.
  ///
  /// - Returns: whether the CRM is to be written.
  private func settle(
    _ write: FieldWrite, policy: ConflictPolicy, crmNow: FieldValue?, _ input: Input, _ decision: inout Decision
  ) -> Bool {
    let base = input.link.fields[write.key]?.base
    let agreed = FieldState.Base(crm: write.crm, jira: write.jira)
    if crmNow == write.crm {
      decision.bases[write.key] = agreed
      return false
    }
    guard let base else {
      // Never agreed on: the CRM's own value goes to Jira by its events, so Jira's is not forced upon it.
      return crmNow == nil || crmNow == .empty
    }
    guard let crmNow, crmNow != base.crm else { return true }
    let isOnItsWay = crmNow != input.link.fields[write.key]?.seenCRM || input.link.unsettled.contains(write.key)
    guard isOnItsWay || policy == .ask else {
      // The CRM's change had its turn in Jira; what stands there now came after it.
      decision.conflicts.append(Conflict(field: write.key, winner: .jira, crm: crmNow, jira: write.jira))
      return true
    }
    switch policy {
    case .newest where !isNewest(write.key, crmNow, input):
      // The CRM's change is on its way, and meets Jira's with both times known.
      return false
    case .jira, .newest:
      decision.conflicts.append(Conflict(field: write.key, winner: .jira, crm: crmNow, jira: write.jira))
      return true
    case .crm:
      // The CRM's change is on its way as an event, and will win when it arrives.
      return false
    case .ask:
      decision.conflicts.append(Conflict(field: write.key, winner: nil, crm: crmNow, jira: write.jira))
      return false
    }
  }

  /// Whether Jira surely changed the field after the CRM did: the CRM's value came with an event that is older.
  private func isNewest(_ key: FieldKey, _ crmNow: FieldValue, _ input: Input) -> Bool {
    guard crmNow == input.link.fields[key]?.seenCRM, let seenAt = input.link.seenAt else { return false }
    return input.changedAt[key].map { $0 > seenAt } ?? true
  }
}
