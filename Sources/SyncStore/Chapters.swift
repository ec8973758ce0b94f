import SyncCore
package import SyncModel

/// One line of a case's story as it is told: what arrived, what followed, what was done.
package struct Chapter: Hashable, Sendable {
  package var at: Timestamp
  package var text: String
  package var event: Int64?
  /// Something arrived, or was found by a run; the other lines tell what came of it.
  package var isEvent: Bool
}

extension CaseStory {
  /// Everything that happened, in its order.
  package var chapters: [Chapter] {
    var chapters = events.map { event in
      let who = event.actorName ?? event.actorID?.rawValue ?? "Somebody whom the CRM does not name"
      let follows = event.operations.map(\.kind.thing)
      return Chapter(
        at: event.receivedAt,
        text: "\(who) \(event.kind.deed)"
          + (follows.isEmpty ? "" : "; this leads to " + follows.joined(separator: ", ")),
        event: event.id, isEvent: true)
    }
    chapters += lines.map { Chapter(at: $0.at, text: $0.text, event: $0.event, isEvent: false) }
    for operation in operations where operation.event == nil {
      let found = operation.actorName.map { "Found in Jira, by \($0); this leads to " } ?? "This leads to "
      chapters.append(
        Chapter(
          at: operation.createdAt, text: found + operation.kind.thing, event: nil,
          isEvent: operation.actorName != nil))
    }
    chapters += conflicts.map { lost in
      let winner =
        switch lost.conflict.winner {
        case .crm: "the CRM's value stands"
        case .jira: "Jira's value stands"
        case nil: "nobody's value stands until a person decides"
        }
      return Chapter(
        at: lost.at, text: "both sides changed the field '\(lost.conflict.field)': \(winner), and the other is kept",
        event: nil, isEvent: false)
    }
    // Sorting by time alone would shuffle what happened within one millisecond.
    return chapters.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }
}

extension CaseEvent.Kind {
  /// What somebody did.
  fileprivate var deed: String {
    switch self {
    case .created: "opened the case"
    case .updated: "changed the case"
    case .commented: "commented on the case"
    case .deleted: "deleted the case"
    case .commentUpdated: "changed a comment on the case"
    case .commentDeleted: "deleted a comment on the case"
    case .attached: "attached a file to the case"
    }
  }
}

extension CaseStory.Link {
  /// What there is to know of it beside its issue, in plain words.
  package var remarks: [String] {
    var remarks: [String] = []
    switch standing {
    case .linked: break
    case .caseDeleted: remarks.append("the case was deleted in the CRM")
    case .outOfReach: remarks.append("the issue is deleted in Jira, or hidden from the service user")
    case .ended: remarks.append("they are linked no more")
    case .vacant: remarks.append("the case's next change makes a new issue")
    case .neverLinked: remarks.append("the case was deleted in the CRM before it had an issue")
    }
    if let stray { remarks.append(stray + "; issues are not moved, so it stays where it is") }
    if !former.isEmpty { remarks.append("before that it was " + former.map(\.rawValue).joined(separator: ", ")) }
    return remarks
  }
}
