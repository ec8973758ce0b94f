import CRMClient
package import MappingLanguage
package import SyncModel
package import SyncStore
package import Wire

/// What the receiver answers to a delivery.
package enum IntakeAnswer: Hashable, Sendable {
  /// On disk, or on disk since an earlier attempt: the profile's own answer to success.
  case accepted(AnswerRule)
  /// Wrong, missing or stale signature.
  case refused
  /// No connection has this name.
  case unknown
  /// Genuine but not readable; kept as a dead letter.
  case unreadable(reason: String)
  /// The database cannot take it now.
  case unavailable
}

/// Verifies, reads, deduplicates and stores deliveries; nothing else happens before the answer (promise 1).
package struct Intake: Sendable {
  private let store: Store
  private let live: LiveInstallation
  private let bell: Bell
  private let traffic: IntakeTraffic

  package init(store: Store, live: LiveInstallation, bell: Bell, traffic: IntakeTraffic = IntakeTraffic()) {
    self.store = store
    self.live = live
    self.bell = bell
    self.traffic = traffic
  }

  /// Takes one delivery.
  ///
  /// - Parameters:
  ///   - connection: as the address names it; it need not exist.
  ///   - body: the raw bytes, which the signature covers.
  package func receive(
    connection name: ConnectionName, body: [UInt8], headers: [WireHeader], now: Timestamp
  ) async -> IntakeAnswer {
    let installation = live.current
    guard let connection = installation.mappings.connections[name],
      let profile = installation.mappings.profile(of: name)
    else {
      // The work of a connection that exists, so that the time it takes tells nobody which names there are.
      _ = WebhookVerifier.verify(
        body: body, headers: headers, rules: Self.rulesOfNobody, secrets: { _ in [Self.secretOfNobody] }, now: now)
      await countRefusal(connection: "(unknown)", "no such connection", now: now)
      return .unknown
    }
    let verdict = WebhookVerifier.verify(
      body: body, headers: headers, rules: profile.delivery.verification,
      secrets: { installation.secrets(connection.name, $0) }, now: now)
    if case .refused(let reason) = verdict {
      await countRefusal(connection: name, reason.rawValue, now: now)
      return .refused
    }
    let id = DeliveryReader.id(body: body, rules: profile.delivery, headers: headers)
    let isDigest = id.rawValue.hasPrefix("digest:")
    let delivery = NewDelivery(
      connection: name, id: id, knownFor: isDigest ? profile.delivery.digestDeduplication : nil, receivedAt: now,
      body: body, content: content(of: body, headers: headers, rules: profile.delivery))
    traffic.begin()
    defer { traffic.end() }
    do {
      switch try await store.accept(delivery) {
      case .accepted:
        bell.ring(for: .events)
        return .accepted(profile.delivery.accepted)
      case .known: return .accepted(profile.delivery.accepted)
      case .unreadable(let reason): return .unreadable(reason: reason)
      }
    } catch { return .unavailable }
  }

  private func content(of body: [UInt8], headers: [WireHeader], rules: DeliveryRules) -> NewDelivery.Content {
    do throws(DeliveryError) {
      let document = try DeliveryReader.read(body: body, rules: rules)
      return .events(document.events.map(\.event))
    } catch { return .unreadable(reason: error.description) }
  }

  private static let rulesOfNobody: [VerificationRule] = [
    .standardWebhooks(secret: "webhook", tolerance: .seconds(300))
  ]
  private static let secretOfNobody = Secret("whsec_bm9ib2R5LW5vYm9keS1ub2JvZHktbm9ib2R5")

  private func countRefusal(connection: ConnectionName, _ reason: String, now: Timestamp) async {
    // A counter that cannot be written loses nothing: the delivery was never ours.
    try? await store.countRefusal(connection: connection, reason: reason, now: now)
  }
}
