package import SyncModel

/// What a simulated help desk is: its users, where it sends webhooks, and how its links are signed.
package struct SimulatedCRMConfiguration: Sendable {
  /// When the webhook about a write of our own goes out.
  package enum Echo: Hashable, Sendable { case afterAnswer, beforeAnswer }

  /// With their e-mail addresses, if they have one.
  package var users: [CRMUser]
  /// Users who have left.
  package var inactive: Set<CRMUserID> = []
  /// Whose key the API takes; what the API writes is theirs.
  package var apiUser: CRMUserID
  package var apiKey: Secret
  /// Where deliveries go.
  package var webhookURL: String
  /// `whsec_` and base64.
  package var webhookSecret: Secret
  /// Counterpart's public address, without a slash at the end.
  package var counterpartURL: String
  package var connection: ConnectionName
  package var connectSecret: Secret
  /// How long a connect link is good.
  package var linkLife: Duration = .seconds(900)
  package var echo = Echo.afterAnswer
  /// Deliveries are given up after this many attempts.
  package var deliveryAttempts = 30
  package var statuses = ["New", "Working", "Closed"]
  package var priorities = ["P1", "P2", "P3"]
  /// Fields that an automation of the desk writes in capitals, whatever was written into them.
  package var upperCased: Set<String> = []
  package var seed: UInt64 = 2

  package init(
    users: [CRMUser], apiUser: CRMUserID, apiKey: Secret, webhookURL: String, webhookSecret: Secret,
    counterpartURL: String, connection: ConnectionName, connectSecret: Secret
  ) {
    self.users = users
    self.apiUser = apiUser
    self.apiKey = apiKey
    self.webhookURL = webhookURL
    self.webhookSecret = webhookSecret
    self.counterpartURL = counterpartURL
    self.connection = connection
    self.connectSecret = connectSecret
  }

  func user(_ id: CRMUserID) -> CRMUser? { users.first { $0.id == id } }
}

/// How the simulated CRM's webhooks misbehave: probabilities for each event.
package struct DeliveryFaults: Hashable, Sendable {
  /// Never sent.
  package var dropped = 0.0
  /// Sent a second time, under the same id, after it was taken.
  package var duplicated = 0.0
  /// Held back for ``holdBack``, so that later ones overtake it.
  package var reordered = 0.0
  package var holdBack: Duration = .seconds(5)

  package init() {}
}
