import CRMClient
import MappingLanguage
import SyncCore
package import SyncModel
package import SyncStore
import XML

/// Turns stored events into journaled operations.
package struct InboxStep: Sendable {
  private let services: Services

  package init(services: Services) { self.services = services }

  /// Plans the oldest pending events, up to a number of them, in one transaction.
  ///
  /// - Returns: how many were decided.
  package func run(limit: Int = 40, now: Timestamp) async throws -> Int {
    let installation = services.live.current
    let version = installation.version?.id
    let count = try await services.store.planPending(limit: limit, version: version, now: now) { event in
      EventPlanning(installation: installation, now: now).decide(event)
    }
    if count > 0 {
      services.bell.ring(for: .operations)
      services.bell.ring(for: .people)
    }
    return count
  }
}

/// What one stored event leads to under the mappings that are live: the same for the work loop and for `preview`.
package struct EventPlanning: Sendable {
  private let installation: Installation
  private let now: Timestamp?

  /// - Parameter now: the time, where an event may wait for what its case holds by now, or for another event; nil: every
  ///   event is taken at its word.
  package init(installation: Installation, now: Timestamp? = nil) {
    self.installation = installation
    self.now = now
  }

  package func decide(_ event: EventToPlan) -> EventDecision {
    guard let connection = installation.mappings.connections[event.connection],
      let profile = installation.mappings.profile(of: event.connection)
    else { return .dead(reason: "the connection \(event.connection) no longer exists") }
    let mappings = installation.mappings.mappings(of: event.connection)
    let people = installation.mappings.people(of: event.connection, beside: event.people)
    guard !mappings.isEmpty else { return .ignored(reason: "the connection has no mapping") }
    do {
      let document = try DeliveryReader.read(body: event.body, rules: profile.delivery)
      guard document.events.indices.contains(event.position) else {
        return .dead(reason: "the delivery has no event \(event.position + 1) any more under the present profile")
      }
      let read = document.events[event.position]
      return .planned(
        try mappings.map { mapping in
          let reading = try mapping.read(
            document.document, caseNode: read.caseNode, connection: event.connection, caseID: event.caseID)
          var input = Planner.Input(
            event: read.event, reading: reading, connection: event.connection, markup: profile.text.markup,
            caseURL: try mapping.link.caseURL?.text(variables: ["base": connection.base, "case": event.caseID.rawValue]
            ),
            link: event.links[mapping.name], people: people)
          input.mention = installation.mappings.mentions(of: event.connection)
          input.inquiry = inquiry(about: read.event, event, mapping, profile)
          input.waitsAtMost = patience(with: read.event, event)
          return EventDecision.MappedPlan(
            mapping: mapping.name, digest: mapping.digest,
            plan: plan(input, by: mapping, event))
        })
    } catch let error as DeliveryError {
      return .dead(reason: error.description)
    } catch let error as XPathError {
      return .dead(reason: error.description)
    } catch {
      return .dead(reason: "the event cannot be read under the present mapping")
    }
  }

  /// A plan that would name people of whom nobody knows who they are waits until they were looked up.
  private func plan(_ told: Planner.Input, by mapping: Mapping, _ event: EventToPlan) -> Plan {
    let planner = Planner(mapping: mapping)
    guard let now, told.people.looksUp else { return planner.plan(told) }
    let end = event.waitsUntil ?? now + LookUpOutcome.longestWait
    guard now < end else { return planner.plan(told) }
    var input = told
    let asked = AskedPeople()
    input.asked = asked
    let plan = planner.plan(input)
    // A text may hold any number of words that look like mentions.
    let unknown = asked.users.sorted().prefix(LookUpOutcome.mostOfEvent)
      .filter { told.people.isToBeLookedUp($0, now: now) }
    if unknown.isEmpty || plan.waits != nil || plan.awaitsAnswer { return plan }
    return .waiting(for: .people(Set(unknown)), until: end)
  }

  /// Writes of ours to the CRM are the service user's there.
  private func patience(with told: CaseEvent, _ event: EventToPlan) -> Timestamp? {
    guard let now, let actor = told.actor,
      actor.id == installation.mappings.site(of: event.connection)?.serviceUser
    else { return nil }
    let end = event.waitsUntil ?? event.receivedAt + Planner.overtakingTime
    return now < end ? end : nil
  }

  private func inquiry(
    about told: CaseEvent, _ event: EventToPlan, _ mapping: Mapping, _ profile: CRMProfile
  ) -> Planner.Inquiry {
    var inquiry = Planner.Inquiry()
    inquiry.isPossible = now != nil && profile.api?.requests[.getCase] != nil
    inquiry.answer = event.answers[mapping.name]
    inquiry.isClosedLater = event.later.contains { later in
      // One that cannot be read tells nothing here, and says so when its turn comes.
      guard let document = try? DeliveryReader.read(body: later.body, rules: profile.delivery),
        document.events.indices.contains(later.position)
      else { return false }
      let read = document.events[later.position]
      if let time = read.event.occurredAt, let own = told.occurredAt, time < own { return false }
      let reading = try? mapping.read(
        document.document, caseNode: read.caseNode, connection: event.connection, caseID: event.caseID)
      return mapping.reopening.isClosed(reading?.status)
    }
    return inquiry
  }
}
