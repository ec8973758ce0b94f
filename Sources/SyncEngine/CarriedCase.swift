import JSON
import SyncCore
import SyncModel
import SyncStore

/// What is remembered of one case while its recorded events are planned again, one after another, and nothing is sent:
/// as if everything that they lead to had its effect. Pure.
struct CarriedCase: Sendable {
  private(set) var links: [MappingName: LinkState] = [:]
  /// The CRM's comments and files that went over, by mapping.
  private var mirrored: [MappingName: Set<String>] = [:]

  /// What an event leads to that did not happen before, and the case as it stands after it.
  mutating func carry(_ decision: EventDecision, of event: RecordedEvent) -> EventDecision {
    guard case .planned(var plans) = decision else { return decision }
    for index in plans.indices { carry(&plans[index], of: event) }
    return .planned(plans)
  }

  /// A case that was linked before the first event: it stands as an earlier one showed it, on both sides.
  mutating func begin(with decision: EventDecision, of event: RecordedEvent) {
    guard case .planned(let plans) = carry(decision, of: event) else { return }
    // Which of its comments and files went over is not known; a later event tells of each once more at the most.
    for plan in plans { mirrored[plan.mapping] = [] }
  }

  /// Something that Counterpart wrote to the case: both sides agree on it, and events show it as no change.
  mutating func learn(_ write: RecordedHistory.Write) {
    guard var link = links[write.mapping] else { return }
    for (field, base) in write.call.agreedBases {
      link.fields[field, default: FieldState(seenCRM: nil, base: nil)].seenCRM = base.crm
      link.fields[field]?.base = base
    }
    links[write.mapping] = link
  }

  /// The issue, where it is known by now.
  mutating func name(_ issues: [MappingName: IssueReference]) {
    for (mapping, issue) in issues { links[mapping]?.issue = issue }
  }

  private mutating func carry(_ mapped: inout EventDecision.MappedPlan, of event: RecordedEvent) {
    var link = links[mapped.mapping]
    if link == nil, let new = mapped.plan.newLink {
      link = LinkState(
        id: 0, issue: IssueReference(id: "{issueId}", key: "{issueKey}"), fields: [:], seenAt: nil,
        issueUpdatedAt: nil, label: new.label)
    }
    guard var link else { return }
    mapped.plan.operations.removeAll { isMirrored($0.call, mapped.mapping) }
    if let seen = mapped.plan.seen {
      for (key, value) in seen {
        link.fields[key, default: FieldState(seenCRM: nil, base: nil)].seenCRM = value
      }
      let time = min(event.occurredAt ?? event.receivedAt, event.receivedAt + .seconds(300))
      link.seenAt = max(link.seenAt ?? time, time)
    }
    for operation in mapped.plan.operations where operation.problem == nil {
      for (field, base) in operation.call.agreedBases {
        link.fields[field, default: FieldState(seenCRM: nil, base: nil)].base = base
      }
    }
    links[mapped.mapping] = link
  }

  /// Notes a comment or a file that goes over, and says whether it went already.
  private mutating func isMirrored(_ call: RemoteCall, _ mapping: MappingName) -> Bool {
    if case .addComment(let comment) = call {
      return !mirrored[mapping, default: []].insert("comment \(comment.crmComment)").inserted
    }
    if case .addAttachment(let file) = call {
      return !mirrored[mapping, default: []].insert("file \(file.crmAttachment)").inserted
    }
    return false
  }
}

extension EventToPlan {
  /// A recorded event, to be planned once more from what is carried.
  init(_ event: RecordedEvent, links: [MappingName: LinkState], people: People) {
    self.init(
      id: event.id, connection: event.connection, caseID: event.caseID, position: event.position, body: event.body,
      receivedAt: event.receivedAt, links: links, people: people)
  }
}
