import CRMClient
import JSON
import JiraClient
package import MappingLanguage
package import SyncCore
package import SyncModel
package import SyncStore
package import Wire

/// Plans a recorded delivery exactly as the work loop would, and shows the requests instead of sending them.
package struct DeliveryPreview: Sendable {
  /// What one event of the delivery leads to.
  package struct EventPreview: Sendable {
    package var title: String
    package var notes: [String] = []
    package var steps: [Step] = []
    package var problem: String?
  }

  /// One operation: as whom, and with which requests.
  package struct Step: Sendable {
    package var mapping: MappingName
    package var side: Side
    package var actor: String
    package var requests: [WireRequest]
    package var remark: String?
    /// Why it cannot succeed as it stands, where that is known before anything is sent.
    package var problem: String?
  }

  private let set: MappingSet
  /// Only this mapping's part is shown; nil: every mapping's of the connection.
  private let mapping: MappingName?
  private let user: CRMUserID?
  /// Who has connected, and what is known of the cases; nil: nothing is.
  private let store: Store?

  /// - Parameters:
  ///   - set: the mappings to plan with.
  ///   - user: shown as caused by this CRM user.
  ///   - store: is only read.
  package init(set: MappingSet, mapping: MappingName?, user: CRMUserID?, store: Store?) {
    var set = set
    if let mapping { set.mappings = set.mappings.filter { $0.name == mapping } }
    self.set = set
    self.mapping = mapping
    self.user = user
    self.store = store
  }

  /// What a body would lead to that the CRM sent, or may send.
  ///
  /// Where the database knows the case, its links are what is planned against; else a delivery that opens a case is
  /// shown as a new issue, and any other for a case that is linked already.
  ///
  /// - Parameter earlier: an earlier delivery of the same case, as which it stood.
  /// - Throws: ``PreviewError``; ``StoreError``.
  package func previews(
    of body: [UInt8], connection: ConnectionName, after earlier: [UInt8]?
  ) async throws -> [EventPreview] {
    let recorded = try events(of: body, connection)
    var previews: [EventPreview] = []
    for event in recorded {
      let known = RecordedCase(connection: connection, caseID: event.caseID)
      var links = try await store?.links(of: known) ?? [:]
      if links.isEmpty {
        links = event.kind == .created ? [:] : try before(event, earlier ?? body)
      }
      previews.append(try await preview(event, links: links, history: try await store?.history(of: known)))
    }
    return previews
  }

  /// What a stored delivery led to, or will: one that waits is planned against what is known now, one that was planned
  /// already against the case as the event before it showed it.
  ///
  /// - Throws: ``PreviewError`` where there is no such delivery, or it is kept no longer; ``StoreError``.
  package func previews(ofDelivery delivery: Int64) async throws -> [EventPreview] {
    guard let store else { return [] }
    let events = try await store.recordedEvents(ofDelivery: delivery)
    guard !events.isEmpty else { throw PreviewError("there is no delivery \(delivery) with events in it") }
    guard events.allSatisfy({ !$0.body.isEmpty }) else {
      throw PreviewError("the body of delivery \(delivery) is kept no longer")
    }
    var previews: [EventPreview] = []
    for event in events {
      let recorded = RecordedCase(connection: event.connection, caseID: event.caseID)
      let history = try await store.history(of: recorded)
      var links = try await store.links(of: recorded)
      if !event.isPending {
        var carried = CarriedCase()
        try await carried.begin(before: event, history, planning: planning, people: people(event.connection), store)
        carried.name(history.issues)
        links = carried.links
      }
      previews.append(try await preview(event, links: links, history: history))
    }
    return previews
  }

  // MARK: - Planning

  private var planning: EventPlanning { EventPlanning(installation: Installation(mappings: set, secrets: [:])) }

  private func people(_ connection: ConnectionName) async throws -> People {
    try await store?.people(of: connection) ?? People()
  }

  private func preview(
    _ event: RecordedEvent, links: [MappingName: LinkState], history: RecordedHistory?
  ) async throws -> EventPreview {
    let who = event.actor.map { ($0.name.map { "\($0), " } ?? "") + "CRM user \($0.id)" } ?? "nobody whom the CRM names"
    var preview = EventPreview(
      title: "event \(event.position + 1): case \(event.caseID) \(event.kind.rawValue) by \(who)")
    let people = try await people(event.connection)
    var number = try await store?.nextOperation() ?? 1
    let grants = try await store?.grants().filter { $0.connection == event.connection }
    switch planning.decide(EventToPlan(event, links: links, people: people)) {
    case .ignored(let reason): preview.notes.append(reason)
    case .dead(let reason): preview.problem = reason
    case .planned(let plans):
      for mapped in plans {
        preview.notes += mapped.plan.notes
        guard let mapping = set.mapping(mapped.mapping), let connection = set.connections[event.connection] else {
          continue
        }
        var requests = OperationRequests(
          mapping: mapping, connection: connection, profile: set.profile(of: event.connection), caseID: event.caseID)
        requests.issue = links[mapped.mapping]?.issue
        requests.label = links[mapped.mapping]?.label ?? mapped.plan.newLink?.label ?? ""
        requests.comments = history?.comments ?? [:]
        for operation in mapped.plan.operations {
          preview.steps.append(step(operation, requests, number, grants))
          number += 1
        }
        if mapped.plan.newLink != nil, let call = requests.linkBack() {
          preview.steps.append(step(PlannedOperation(call: call, actor: nil), requests, number, grants))
          number += 1
        }
      }
    }
    return preview
  }

  private func step(
    _ operation: PlannedOperation, _ requests: OperationRequests, _ number: Int64, _ grants: [StoredGrant]?
  ) -> Step {
    var operation = operation
    if let user { operation.actor = CRMUser(id: user) }
    let side = operation.call.kind.side
    let site = set.site(of: requests.connection.name)
    let sender =
      side == .crm
      ? PreviewedSender(words: "the connection's API user")
      : PreviewedSender(
        of: operation.actor, rule: requests.mapping.missingGrant, site: site, grants: grants)
    var requests = requests
    if let site { requests.reach = (sender.grant?.reach(site) ?? JiraReach(unconnected: site)).withoutOrigin }
    let call = sender.standsInFor.map { operation.call.spoken(for: $0) } ?? operation.call
    let shown = requests.shown(call, number: number)
    return Step(
      mapping: requests.mapping.name, side: side, actor: sender.words, requests: shown.requests,
      remark: shown.remark, problem: operation.problem)
  }

  // MARK: - Where nothing is stored

  /// The events of a body as they would be recorded.
  private func events(of body: [UInt8], _ connection: ConnectionName) throws -> [RecordedEvent] {
    guard let profile = set.profile(of: connection) else {
      throw PreviewError("the connection '\(connection)' has no profile")
    }
    do throws(DeliveryError) {
      return try DeliveryReader.read(body: body, rules: profile.delivery).events.enumerated().map {
        let event = $0.element.event
        return RecordedEvent(
          id: 0, delivery: 0, position: $0.offset, connection: connection, caseID: event.caseID, kind: event.kind,
          actor: event.actor, occurredAt: event.occurredAt, receivedAt: event.occurredAt ?? Timestamp(milliseconds: 0),
          isPending: true, body: body)
      }
    } catch { throw PreviewError("the delivery cannot be read: \(error)") }
  }

  /// A case as a delivery shows it, in step with an issue that nobody knows.
  private func before(_ event: RecordedEvent, _ body: [UInt8]) throws -> [MappingName: LinkState] {
    guard let shown = try events(of: body, event.connection).first(where: { $0.caseID == event.caseID }) else {
      throw PreviewError("the earlier delivery is not about case \(event.caseID)")
    }
    var carried = CarriedCase()
    carried.begin(with: planning.decide(EventToPlan(shown, links: [:], people: People())), of: shown)
    return carried.links.mapValues { link in
      var link = link
      // Its time is not the case's: the event counts whatever it says of its own.
      link.seenAt = nil
      return link
    }
  }
}

/// Why nothing can be shown of a delivery.
package struct PreviewError: Error, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }
}

extension CarriedCase {
  /// The case as it stood before an event: linked, and as the event before it showed it; or not linked yet.
  mutating func begin(
    before event: RecordedEvent, _ history: RecordedHistory, planning: EventPlanning, people: People, _ store: Store
  ) async throws {
    guard history.linkedAt.values.contains(where: { $0 < event.receivedAt }) else { return }
    let recorded = RecordedCase(connection: event.connection, caseID: event.caseID)
    let earlier = try await store.recordedEvent(of: recorded, before: event.id) ?? event
    begin(with: planning.decide(EventToPlan(earlier, links: [:], people: people)), of: earlier)
    for write in history.writes where write.at >= earlier.receivedAt && write.at <= event.receivedAt { learn(write) }
  }
}
