import MappingLanguage
import Simulation
import SyncCore
import SyncModel

/// The promises that hold at every moment, held against each write of ours when it takes effect.
extension Truth {
  // MARK: - In Jira

  mutating func check(inJira effect: SimulatedEffect) {
    switch effect.change {
    case .opened(let fields): checkIssue(fields, effect)
    case .changed(let fields):
      guard let issue = issues[effect.record] else { return fail("an issue was written that was never made") }
      for field in fields { checkField(field, of: issue, effect) }
    case .commented(let id, let text, let isPublic):
      guard let issue = issues[effect.record] else { return fail("an issue was written that was never made") }
      checkComment(id, text, isPublic: isPublic, on: issue, effect)
    case .commentEdited(let id, let text, let isPublic): checkEdit(of: id, text, isPublic: isPublic, effect)
    case .commentDeleted(let id): checkDeletion(of: id, effect)
    case .moved, .deleted: fail("we moved or deleted an issue")
    }
  }

  private mutating func checkIssue(_ fields: [SimulatedEffect.Field], _ effect: SimulatedEffect) {
    let title = fields.first { $0.name == "summary" }?.value ?? ""
    if Token.first(.forged, in: title) != nil { return fail("a forged delivery made an issue") }
    guard let token = Token.first(.record, in: title), let item = cases[String(token.number)] else {
      return fail("issue \(effect.record) was made for no case: '\(title)'")
    }
    cases[item.id]?.issues.append(effect.record)
    guard mayHaveAnother(item) else {
      return fail("case \(item.id) has a second issue, \(effect.record)")
    }
    // What we wrote ourselves is nobody's reason to make an issue, unless the opener's webhook is lost or very late.
    let isOverdue = isOpenerOverdue(item, effect.at)
    let people = isOverdue ? item.actors : item.actors.subtracting([Stage.service.id.rawValue])
    let allowed = isExact && (item.issues.isEmpty || options.lifecycle == .usual) ? [item.opener] : people
    if !maySend(effect.by, for: allowed) {
      fail("the issue of case \(item.id) was made by \(effect.by), not by \(allowed.sorted())")
    }
  }

  /// Whether the webhook of who opened a case again is on its way for so long that ours counts.
  private func isOpenerOverdue(_ item: CaseTruth, _ now: Timestamp) -> Bool {
    let course = item.fields["status"]?.entries ?? []
    let opening = course.indices.dropFirst().last { place in
      course[place - 1].value == "Closed" && course[place].value != "Closed" && !course[place].isOurs
    }
    guard !options.keepsOrder || item.hasLoss, options.lifecycle.ofReopenedCase == .newIssue, let opening else {
      return false
    }
    let error: Duration = options.clockErrs ? .seconds(600) : .zero
    return course[opening].at + Planner.overtakingTime <= now + error
  }

  private mutating func checkField(
    _ field: SimulatedEffect.Field, of issue: IssueTruth, _ effect: SimulatedEffect
  ) {
    guard let item = cases[issue.caseID] else { return fail("issue \(issue.id) belongs to no case, and was written") }
    switch field.name {
    case "summary": checkText(field, .title, "subject", item, effect)
    case "description": checkText(field, .text, "description", item, effect)
    case "priority":
      checkChoice(field, MappingVariant.priorities, "priority", issue, item, effect)
    case "status":
      checkChoice(field, MappingVariant.statuses, "status", issue, item, effect)
    default: break
    }
  }

  /// A text carries the token of the one who wrote it: it goes over once, and as that person's.
  private mutating func checkText(
    _ field: SimulatedEffect.Field, _ kind: Token.Kind, _ name: String, _ item: CaseTruth, _ effect: SimulatedEffect
  ) {
    if Token.first(.forged, in: field.value) != nil { return fail("a forged delivery changed an issue") }
    guard let token = Token.first(kind, in: field.value),
      let entry = item.fields[name]?.entries.first(where: { Token.first(kind, in: $0.value) == token })
    else {
      return fail("\(field.name) of issue \(effect.record) became '\(field.value)', which nobody wrote in the CRM")
    }
    guard !mappingWasEdited || name != "subject" else {
      if !maySend(effect.by, for: item.actors) { fail("\(effect.by) wrote \(token), who never touched the case") }
      return
    }
    // Somebody may have written over it in Jira meanwhile, and lost the conflict.
    let rivals = issues[effect.record]?.fields[field.name]?.byPeople ?? 0
    if count("\(effect.record) \(field.name) \(token)") > 1 + rivals {
      return fail("\(token) was written to issue \(effect.record) twice")
    }
    let entryValue = entry.value
    let allowed = isExact ? [entry.by] : item.showers["\(name)=\(entryValue)"] ?? []
    if !maySend(effect.by, for: allowed) {
      fail("\(token) was written by \(effect.by), not by \(allowed.sorted())")
    }
  }

  /// A choice has no token, so that only its writers and their number tell.
  private mutating func checkChoice(
    _ field: SimulatedEffect.Field, _ pairs: [String: String], _ name: String, _ issue: IssueTruth, _ item: CaseTruth,
    _ effect: SimulatedEffect
  ) {
    guard let value = pairs.first(where: { $0.value == field.value })?.key else {
      return fail("\(field.name) of issue \(issue.id) became '\(field.value)', which is nothing of the CRM's")
    }
    if isClosing(field, item, effect) { return }
    let course = item.fields[name] ?? Course()
    // What a former issue brought into the case goes to the next one like anything else that the case shows.
    let isNext = item.issues.first != issue.id
    let writers = Set(course.entries.filter { $0.value == value && (!$0.isOurs || isNext) }.map(\.by))
    guard !writers.isEmpty else {
      return fail("\(field.name) of issue \(issue.id) became '\(field.value)', which nobody chose in the CRM")
    }
    let allowed = isExact && !isNext ? writers : item.showers["\(name)=\(value)"] ?? []
    if !maySend(effect.by, for: allowed) {
      return fail("\(field.name) of issue \(issue.id) was written by \(effect.by), not by \(allowed.sorted())")
    }
    let people = course.byPeople + (isNext ? course.byUs : 0) + (issue.fields[field.name]?.byPeople ?? 0)
    if count("\(effect.record) \(field.name)") > people {
      fail("\(field.name) of issue \(issue.id) was written more often than anybody changed it")
    }
  }

  /// Whether each change can be laid to its author alone: where webhooks may overtake each other, a snapshot shows
  /// earlier changes of others as well, and whoever's event shows them first counts as their author.
  private var isExact: Bool { options.keepsOrder && !options.losesWebhooks }

  func maySend(_ account: String, for users: Set<String>) -> Bool {
    if users.contains(where: { Stage.account(of: CRMUserID($0)).rawValue == account }) { return true }
    return options.mapping == .standIn && account == Stage.account(of: Stage.service.id).rawValue
  }

  private func maySend(_ account: String, for users: [String]) -> Bool { maySend(account, for: Set(users)) }

  // MARK: - In the CRM

  mutating func check(inCRM effect: SimulatedEffect) {
    guard let item = cases[effect.record] else { return fail("a case was written that nobody opened") }
    switch effect.change {
    case .opened, .deleted, .moved: fail("we opened or deleted a case")
    case .changed(let fields):
      for field in fields { checkCaseField(field, of: item) }
    case .commented(let id, let text, let isPublic): checkCaseComment(id, text, isPublic: isPublic, on: item)
    case .commentEdited(let id, let text, let isPublic): checkCaseEdit(of: id, text, isPublic: isPublic, item)
    case .commentDeleted(let id): checkCaseDeletion(of: id, item)
    }
  }

  private mutating func checkCaseField(_ field: SimulatedEffect.Field, of item: CaseTruth) {
    let own = item.issues.compactMap { issues[$0] }
    switch field.name {
    case "jira_key":
      if !own.contains(where: { $0.keys.contains(field.value) }) {
        fail("case \(item.id) got the key \(field.value), which is not its issue's")
      }
    case "subject":
      guard let token = Token.first(.titleInJira, in: field.value),
        own.contains(where: { issue in
          issue.fields["summary"]?.entries.contains { Token.first(.titleInJira, in: $0.value) == token } ?? false
        })
      else { return fail("the subject of case \(item.id) became '\(field.value)', which nobody wrote in Jira") }
      if count("case \(item.id) \(token)") > 1 + (item.fields["subject"]?.byPeople ?? 0) {
        fail("\(token) was written to case \(item.id) twice")
      }
    case "priority", "status":
      let people = own.reduce(0) { $0 + ($1.fields[field.name]?.byPeople ?? 0) }
      let inCRM = item.fields[field.name]?.byPeople ?? 0
      if count("case \(item.id) \(field.name)") > people + inCRM {
        fail("\(field.name) of case \(item.id) was written more often than anybody changed it")
      }
    default: fail("the field \(field.name) of case \(item.id) was written, which no rule maps")
    }
  }
}
