package import SyncModel

/// What one event leads to under one mapping: the operations, and what is remembered of having seen it.
package struct Plan: Hashable, Sendable {
  package var operations: [PlannedOperation]
  /// The CRM's values that were taken over; nil: the event was too old for its fields to count.
  package var seen: [FieldKey: FieldValue]?
  /// The link to make when there is none yet.
  package var newLink: NewLink?
  /// Nothing is decided until the case was asked, and the event waits for that.
  package var awaitsAnswer = false
  /// Nothing is decided yet; what for.
  package var waits: Wait?
  /// The old issue is let go before the new one is made.
  package var letsGo = false
  /// How the case and its issue stand to each other from this event on; nil: as before.
  package var standing: LinkStanding?
  /// What ``LinkState/stray`` becomes; nil: it stays.
  package var stray: Stray?
  /// Plain words about what was decided, for people: never a customer's text.
  package var notes: [String]
  /// The fields on which the event proves that a write of ours to the CRM arrived, whose answer has not.
  package var echoes: Set<FieldKey> = []
  /// What the event shows to have stood in the CRM for a while, before a write of ours replaced it.
  package var conflicts: [Conflict] = []

  package init(
    operations: [PlannedOperation] = [], seen: [FieldKey: FieldValue]? = nil, newLink: NewLink? = nil,
    notes: [String] = []
  ) {
    self.operations = operations
    self.seen = seen
    self.newLink = newLink
    self.notes = notes
  }

  /// The plan of an event that waits for something.
  package static func waiting(for what: Wait.What, until end: Timestamp) -> Plan {
    var plan = Plan()
    plan.waits = Wait(what: what, until: end)
    return plan
  }

  package struct NewLink: Hashable, Sendable {
    package var project: String
    package var issueType: String?
    package var label: String

    package init(project: String, issueType: String? = nil, label: String) {
      self.project = project
      self.issueType = issueType
      self.label = label
    }
  }

  /// What an event waits for, and for how long at most.
  package struct Wait: Hashable, Sendable {
    package enum What: Hashable, Sendable {
      /// The event of who opened the case again, which this one may have overtaken.
      case opener
      /// That these CRM users are looked up.
      case people(Set<CRMUserID>)
    }

    package var what: What
    package var until: Timestamp

    /// Whether later events of the case wait as well.
    package var holdsCase: Bool { what != .opener }

    /// Who can end a wait, for people.
    package static let endWords = "Nobody needs to: it goes on by itself, within a quarter of an hour."

    /// For people. Whom a text names is the text's, and stays there.
    package var words: String {
      switch what {
      case .opener: "waits for the webhook that opened the case again; this one is by the API user"
      case .people(let users):
        users.count == 1
          ? "waits until it is known who somebody whom it names is in Jira"
          : "waits until it is known who \(users.count) people whom it names are in Jira"
      }
    }
  }

  /// Where a new case like this one would go.
  package enum Stray: Hashable, Sendable {
    /// Where its issue is.
    case none
    /// Elsewhere, in plain words.
    case to(String)
  }
}

/// One operation before it is journaled.
package struct PlannedOperation: Hashable, Sendable {
  package var call: RemoteCall
  /// On the way to Jira: whose grant it needs. On the way to the CRM: nobody's, all is written by the API user.
  package var actor: CRMUser?
  /// On the way to the CRM: the name of the Jira author.
  package var authorName: String?
  /// Why it cannot succeed as it stands, where that is known before anything is sent: it is born dead.
  package var problem: String?
  /// With ``problem``: what it has in common with others.
  package var cause: Cause?

  package init(
    call: RemoteCall, actor: CRMUser?, authorName: String? = nil, problem: String? = nil, cause: Cause? = nil
  ) {
    self.call = call
    self.actor = actor
    self.authorName = authorName
    self.problem = problem
    self.cause = cause
  }
}
