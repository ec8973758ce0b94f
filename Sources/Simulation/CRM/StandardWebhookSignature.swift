import Crypto
import FoundationEssentials
import SyncModel
import Wire

/// Signs a delivery by the Standard Webhooks specification 1.0.0 (https://www.standardwebhooks.com).
enum StandardWebhookSignature {
  /// The three headers: id, time and the MAC over `id.time.body`.
  static func headers(id: String, at now: Timestamp, body: [UInt8], secret: Secret) -> [WireHeader] {
    let seconds = String(now.milliseconds / 1000)
    let signed = Array("\(id).\(seconds).".utf8) + body
    let mac = HMAC<SHA256>.authenticationCode(for: signed, using: key(secret))
    return [
      WireHeader("webhook-id", id), WireHeader("webhook-timestamp", seconds),
      WireHeader("webhook-signature", "v1," + Data(mac).base64EncodedString()),
    ]
  }

  /// The bytes behind `whsec_`; text that is no base64 stands for its own bytes.
  private static func key(_ secret: Secret) -> SymmetricKey {
    let text = secret.reveal()
    let encoded = text.hasPrefix("whsec_") ? String(text.dropFirst(6)) : text
    return SymmetricKey(data: Data(base64Encoded: encoded) ?? Data(encoded.utf8))
  }
}

/// The link by which the CRM sends its logged-in user to Counterpart.
enum ConnectLink {
  /// `/{page}/{connection}?user=…&signature=…`; the MAC covers connection, user, name, e-mail and expiry, one a line.
  static func address(
    page: String = "connect", for user: CRMUser, _ configuration: SimulatedCRMConfiguration, now: Timestamp
  ) -> String {
    // Two links that are shown within one second are two links: each works in one browser.
    let expires = String((now + configuration.linkLife).milliseconds / 1000 + now.milliseconds % 1000 / 10)
    let fields = [configuration.connection.rawValue, user.id.rawValue, user.name ?? "", user.email ?? "", expires]
    let mac = HMAC<SHA256>.authenticationCode(
      for: Array(fields.joined(separator: "\n").utf8),
      using: SymmetricKey(data: Array(configuration.connectSecret.reveal().utf8)))
    let signature = mac.map { byte in
      let digits = String(byte, radix: 16)
      return digits.utf8.count == 1 ? "0" + digits : digits
    }.joined()
    let query = URLEncoding.query([
      ("user", fields[1]), ("name", fields[2]), ("email", fields[3]), ("expires", expires), ("signature", signature),
    ])
    return "\(configuration.counterpartURL)/\(page)/\(URLEncoding.component(fields[0]))?\(query)"
  }
}
