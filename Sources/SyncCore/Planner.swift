import JSON
package import MappingLanguage
package import RichText
package import SyncModel

/// Turns one event into the operations that bring Jira up to date. Pure.
///
/// An event's changes are what its case shows beyond what was seen before; they belong to its acting user. A comment
/// that the event carries is mirrored whatever the event's age; fields of an event that is older than what was seen
/// already are not taken over.
package struct Planner: Sendable {
  /// What a decision is made from.
  package struct Input: Sendable {
    package var event: CaseEvent
    package var reading: CaseReading
    package var connection: ConnectionName
    /// The markup of the CRM's comments.
    package var markup: RichTextFormat
    /// The page of the case in the CRM.
    package var caseURL: String?
    package var link: LinkState?
    package var people: People
    package var inquiry = Inquiry()
    /// Set where the event may be the webhook of a write of ours: until when it can wait for webhooks that it overtook.
    package var waitsAtMost: Timestamp?
    /// How the CRM's texts mention people.
    package var mention: MentionForm?
    /// Takes note of whom the plan asks for in vain.
    package var asked: AskedPeople?

    package init(
      event: CaseEvent, reading: CaseReading, connection: ConnectionName, markup: RichTextFormat, caseURL: String?,
      link: LinkState?, people: People
    ) {
      self.event = event
      self.reading = reading
      self.connection = connection
      self.markup = markup
      self.caseURL = caseURL
      self.link = link
      self.people = people
    }
  }

  /// What is known of the case beside the event, where its status is in doubt.
  package struct Inquiry: Hashable, Sendable {
    /// Whether the case can be asked at all.
    package var isPossible = false
    /// What it said; nil: it was not asked since our last write.
    package var answer: CaseAnswer?
    /// An event that waits behind this one shows the case closed at a later time.
    package var isClosedLater = false

    package init() {}
  }

  let mapping: Mapping

  package init(mapping: Mapping) { self.mapping = mapping }

  /// What the event leads to; a plan without operations says in its notes why.
  package func plan(_ input: Input) -> Plan {
    if input.event.kind == .deleted { return deletion(input) }
    if let reason = obstacle(input) { return Plan(notes: [reason]) }
    let opening = opening(input)
    if opening == .inDoubt { return asking(input) }
    if case .overtaken(let end) = opening { return .waiting(for: .opener, until: end) }
    let isReplaced = opening == .again(.newIssue)
    let isNew = makesIssue(input) || isReplaced
    var plan = isNew ? creation(input) : changes(input, opening)
    guard !isNew || plan.newLink != nil else { return plan }
    if isReplaced { letGo(input, &plan) }
    if let comment = comment(input) { plan.operations.append(comment) }
    attachments(input, &plan)
    if plan.operations.isEmpty && plan.notes.isEmpty { plan.notes.append("nothing changed that Jira needs to know") }
    return plan
  }

  // MARK: - A new issue

  private func creation(_ input: Input) -> Plan {
    guard let route = input.reading.route else { return Plan(notes: ["no route matches, so the case is not mirrored"]) }
    let label = input.reading.label + (input.link.map { "-\($0.generation + ($0.standing.awaitsIssue ? 0 : 1))" } ?? "")
    var plan = Plan(
      seen: seen(input.reading),
      newLink: Plan.NewLink(project: route.project, issueType: route.issueType, label: label))
    var writes: [FieldWrite] = []
    writes.reserveCapacity(mapping.fields.count)
    // In place: a rule is large, and is not copied to be asked.
    mapping.fields.withUnsafeBufferPointer { rules in
      for index in rules.indices where rules[index].direction.writesJira {
        let key = rules[index].key
        guard let value = input.reading.values[key] ?? input.reading.absent[key] else { continue }
        switch write(rules[index], value, input) {
        case .success(let write?): if !write.payload.isNull { writes.append(write) }
        case .success(nil): break
        case .failure(let problem): plan.notes.append(problem.description)
        }
      }
    }
    let creation = IssueCreation(
      project: route.project, issueType: route.issueType, fields: writes, label: label,
      property: property(input), firstStatus: firstStatus)
    plan.operations.append(PlannedOperation(call: .createIssue(creation), actor: input.event.actor))
    if let first = firstStatus, let transition = transition(to: input.reading.status, input, unless: first.crm) {
      plan.operations.append(transition)
    }
    if let title = input.reading.remoteLinkTitle, let url = input.caseURL {
      plan.operations.append(PlannedOperation(call: remoteLink(title, url, input), actor: input.event.actor))
    }
    return plan
  }

  private func remoteLink(_ title: String, _ url: String, _ input: Input) -> RemoteCall {
    var id = "counterpart:\(input.connection):\(input.event.caseID)"
    if id.utf16.count > 255 { id = "counterpart:" + Fingerprint.of(id) }
    return .addRemoteLink(
      RemoteLinkAddition(
        globalID: id, url: url, title: title.isEmpty ? input.event.caseID.rawValue : title,
        application: input.connection.rawValue))
  }

  /// New issues stand in the status that the first pair names; a case in another status needs a transition.
  private var firstStatus: FieldWrite? {
    guard let status = mapping.status, let first = status.values.pairs.first(where: \.direction.writesJira) else {
      return nil
    }
    return FieldWrite(
      key: StatusRule.key, payload: .string(first.jira), crm: .text(first.crm), jira: .text(first.jira),
      isTwoWay: status.direction == .both, place: status.position.description)
  }

  private func property(_ input: Input) -> JSONValue {
    var members = [
      JSONMember("connection", .string(input.connection.rawValue)),
      JSONMember("case", .string(input.event.caseID.rawValue)),
      JSONMember("mapping", .string(mapping.name.rawValue)),
      JSONMember("url", input.caseURL.map(JSONValue.string) ?? .null),
    ]
    if let former = input.link?.issue?.key ?? input.link?.formerKey {
      members.append(JSONMember("previous", .string(former.rawValue)))
    }
    return .object(members)
  }

  // MARK: - Changes of a linked case

  private func changes(_ input: Input, _ opening: Opening) -> Plan {
    guard let link = input.link else { return Plan() }
    if let seenAt = link.seenAt, let occurredAt = input.event.occurredAt, occurredAt < seenAt {
      var plan = Plan(notes: ["a newer event of this case was seen already, so only the comment of this one counts"])
      plan.conflicts = overwritten(input.reading, link)
      return plan
    }
    var plan = Plan(seen: seen(input.reading))
    standing(input, link, &plan)
    var writes: [FieldWrite] = []
    for rule in mapping.fields where rule.direction.writesJira && !rule.isOnlyForNewIssues {
      guard let value = input.reading.values[rule.key], value != link.fields[rule.key]?.seenCRM else { continue }
      if link.sentToCRM[rule.key]?.crm == value {
        plan.echoes.insert(rule.key)
        continue
      }
      switch write(rule, value, input) {
      case .success(let write?):
        if isAgreed(write, link) { continue }
        if link.fields[write.key]?.isFrozen == true {
          plan.operations.append(stopped(.editIssue(IssueEdit(fields: [write])), write.key, input))
        } else {
          writes.append(write)
        }
      case .success(nil): break
      case .failure(let problem): plan.notes.append(problem.description)
      }
    }
    if !writes.isEmpty {
      plan.operations.append(
        PlannedOperation(call: .editIssue(IssueEdit(fields: writes)), actor: input.event.actor))
    }
    if mapping.status != nil, link.sentToCRM[StatusRule.key]?.crm == input.reading.status {
      plan.echoes.insert(StatusRule.key)
    } else if case .again(let rule) = opening {
      leaveClosed(rule, input, link, &plan)
    } else if case .over(let lost) = opening {
      leaveStatus(lost, &plan)
    } else if input.reading.status != link.fields[StatusRule.key]?.seenCRM,
      let transition = transition(
        to: input.reading.status, input, unless: agreedStatus(link))
    {
      let isFrozen = link.fields[StatusRule.key]?.isFrozen == true
      plan.operations.append(isFrozen ? stopped(transition.call, StatusRule.key, input) : transition)
    }
    return plan
  }

  /// The values of an event that came too late, which stood in the CRM until a write of ours replaced them unseen.
  private func overwritten(_ reading: CaseReading, _ link: LinkState) -> [Conflict] {
    let twoWay =
      mapping.fields.filter { $0.direction == .both }.map(\.key)
      + (mapping.status?.direction == .both ? [StatusRule.key] : [])
    let shown = seen(reading)
    return twoWay.compactMap { key in
      guard let field = link.fields[key], let value = shown[key], let now = field.seenCRM else { return nil }
      return link.fate(of: key, value, now: now) == .overwritten ? field.lost(value, of: key) : nil
    }
  }

  /// A change of a field that is stopped: kept, and sent when somebody releases the field.
  private func stopped(_ call: RemoteCall, _ field: FieldKey, _ input: Input) -> PlannedOperation {
    PlannedOperation(
      call: call, actor: input.event.actor, problem: OperationWords.frozen(field),
      cause: .frozen(field, in: mapping.name))
  }

  private func agreedStatus(_ link: LinkState) -> FieldValue {
    guard !link.unsettled.contains(StatusRule.key) else { return .empty }
    return link.fields[StatusRule.key]?.base?.crm ?? .empty
  }

  /// Jira holds this value by the last agreement: an echo of our own write, or a change that was taken back. While an
  /// earlier change of the field is on its way, the last agreement proves nothing.
  private func isAgreed(_ write: FieldWrite, _ link: LinkState) -> Bool {
    guard !link.unsettled.contains(write.key), let base = link.fields[write.key]?.base else { return false }
    return base.crm == write.crm || base.jira == write.jira
  }

  func seen(_ reading: CaseReading) -> [FieldKey: FieldValue] {
    var seen = reading.values
    if mapping.status != nil { seen[StatusRule.key] = reading.knownStatus }
    return seen
  }

  private func write(
    _ rule: FieldRule, _ value: FieldValue, _ input: Input
  ) -> Result<FieldWrite?, FieldProblem> {
    switch rule.jiraValue(
      forCRM: value, users: { input.account(of: $0) }, mentions: input.mentions)
    {
    case .leaveOut(let reason) where rule.format == .user && !value.isEmpty:
      // Nobody is guessed, and Jira's value is never cleared for it; but it is said.
      return .failure(FieldProblem(key: rule.key, position: rule.position, reason: reason + input.doubts(about: value)))
    case .leaveOut: return .success(nil)
    case .failure(let problem): return .failure(problem)
    case .value(let canonical, let payload):
      return .success(
        FieldWrite(
          key: rule.key, payload: payload, crm: value, jira: canonical, isTwoWay: rule.direction == .both,
          place: rule.place))
    }
  }

  private func transition(to status: FieldValue, _ input: Input, unless agreed: FieldValue) -> PlannedOperation? {
    guard let rule = mapping.status, rule.direction.writesJira, status != agreed, case .text(let crm) = status,
      let target = rule.values.jira(forCRM: crm)
    else { return nil }
    let way = rule.ways[target]
    let screen = (way?.screen ?? []).compactMap { field -> FieldWrite? in
      guard let value = input.reading.screen[field.key], !value.isEmpty,
        case .success(let write?) = write(field, value, input)
      else { return nil }
      return write
    }
    let transition = IssueTransition(
      status: target, resolution: rule.resolutions[target], crmStatus: crm, isTwoWay: rule.direction == .both,
      screen: screen, place: (way?.position ?? rule.position).description)
    return PlannedOperation(call: .transitionIssue(transition), actor: input.event.actor)
  }
}
