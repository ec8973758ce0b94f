import Crypto
import FoundationEssentials
import MappingLanguage
import SyncModel
import Wire

/// One delivery held against one rule.
struct VerificationCheck {
  let body: [UInt8]
  let headers: [WireHeader]
  let now: Timestamp

  /// Why the rule does not believe the delivery; nil when it does.
  func refusal(of rule: VerificationRule, secrets: (String) -> [Secret]) -> WebhookVerifier.Refusal? {
    switch rule {
    case .standardWebhooks(let secret, let tolerance): standardWebhooks(secrets(secret), tolerance: tolerance)
    case .hmac(let rule): hmac(rule, secrets(rule.secret))
    case .sharedSecret(let header, let prefix, let secret):
      sharedSecret(header: header, prefix: prefix, secrets(secret))
    case .none: nil
    }
  }

  /// Standard Webhooks 1.0.0 (https://github.com/standard-webhooks/standard-webhooks): HMAC-SHA256 over
  /// `id.timestamp.body`; the header lists signatures, of which one must fit. Only `v1` is read.
  private func standardWebhooks(_ secrets: [Secret], tolerance: Duration) -> WebhookVerifier.Refusal? {
    guard let id = headers.first(named: "webhook-id"), let stamp = headers.first(named: "webhook-timestamp"),
      let list = headers.first(named: "webhook-signature"),
      let time = Self.timestamp(stamp, unit: .seconds)
    else { return .missingSignature }
    guard isFresh(time, tolerance) else { return .stale }
    let keys = secrets.compactMap(Self.standardKey)
    guard !keys.isEmpty else { return .noSecret }
    let message = Array("\(id).\(stamp).".utf8) + body
    // A sender lists a few while it rotates keys; more would only be work.
    let codes = list.split(separator: " ").prefix(16).compactMap { entry -> Data? in
      entry.utf8.starts(with: "v1,".utf8) ? String(entry.utf8.dropFirst(3)).flatMap { Data(base64Encoded: $0) } : nil
    }
    guard !codes.isEmpty else { return .missingSignature }
    let fits = keys.contains { key in
      codes.contains { HMAC<SHA256>.isValidAuthenticationCode($0, authenticating: message, using: key) }
    }
    return fits ? nil : .wrongSignature
  }

  private static func standardKey(_ secret: Secret) -> SymmetricKey? {
    let text = secret.reveal()
    let encoded = text.hasPrefix("whsec_") ? String(text.dropFirst(6)) : text
    guard let bytes = Data(base64Encoded: encoded), !bytes.isEmpty else { return nil }
    return SymmetricKey(data: bytes)
  }

  private func hmac(_ rule: VerificationRule.HMACRule, _ secrets: [Secret]) -> WebhookVerifier.Refusal? {
    guard let value = rest(ofHeader: rule.header, after: rule.prefix), let code = Self.decoded(value, rule.encoding)
    else { return .missingSignature }
    var message = body
    if let stampRule = rule.timestamp {
      guard let stamp = headers.first(named: stampRule.header),
        let time = Self.timestamp(stamp, unit: stampRule.unit)
      else { return .missingSignature }
      guard isFresh(time, stampRule.tolerance) else { return .stale }
      message = Array((stamp + rule.separator).utf8) + body
    }
    let keys = secrets.filter { !$0.isEmpty }.map { SymmetricKey(data: Array($0.reveal().utf8)) }
    guard !keys.isEmpty else { return .noSecret }
    let fits = keys.contains { key in
      switch rule.algorithm {
      case .sha1: HMAC<Insecure.SHA1>.isValidAuthenticationCode(code, authenticating: message, using: key)
      case .sha256: HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: key)
      case .sha512: HMAC<SHA512>.isValidAuthenticationCode(code, authenticating: message, using: key)
      }
    }
    return fits ? nil : .wrongSignature
  }

  private func sharedSecret(header: String, prefix: String, _ secrets: [Secret]) -> WebhookVerifier.Refusal? {
    guard let value = rest(ofHeader: header, after: prefix) else { return .missingSignature }
    let known = secrets.filter { !$0.isEmpty }
    guard !known.isEmpty else { return .noSecret }
    let given = Array(value.utf8)
    // Both sides go through a MAC first: its comparison takes the same time wherever the texts differ.
    let key = SymmetricKey(data: SHA256.hash(data: Array("counterpart shared secret".utf8)))
    let fits = known.contains { secret in
      let code = HMAC<SHA256>.authenticationCode(for: Array(secret.reveal().utf8), using: key)
      return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: given, using: key)
    }
    return fits ? nil : .wrongSignature
  }

  private func rest(ofHeader name: String, after prefix: String) -> String? {
    guard let value = headers.first(named: name), value.utf8.starts(with: prefix.utf8) else { return nil }
    return String(value.utf8.dropFirst(prefix.utf8.count))
  }

  private func isFresh(_ time: Timestamp, _ tolerance: Duration) -> Bool {
    let distance = now - time
    return distance <= tolerance && distance >= .zero - tolerance
  }

  private static func timestamp(
    _ text: String, unit: VerificationRule.HMACRule.TimestampUnit
  ) -> Timestamp? {
    switch unit {
    case .iso8601: Timestamp(text)
    case .seconds:
      Int64(text).flatMap { (0...100_000_000_000).contains($0) ? Timestamp(seconds: $0) : nil }
    case .milliseconds:
      Int64(text).flatMap { (0...100_000_000_000_000).contains($0) ? Timestamp(milliseconds: $0) : nil }
    }
  }

  private static func decoded(_ text: String, _ encoding: VerificationRule.HMACRule.Encoding) -> Data? {
    switch encoding {
    case .base64: return Data(base64Encoded: text)
    case .hex:
      let digits = text.utf8.map { Self.value(ofHexDigit: $0) }
      guard !digits.isEmpty, digits.count.isMultiple(of: 2), digits.count <= 256 else { return nil }
      var bytes = Data()
      for index in stride(from: 0, to: digits.count, by: 2) {
        guard let high = digits[index], let low = digits[index + 1] else { return nil }
        bytes.append(high << 4 | low)
      }
      return bytes
    }
  }

  private static func value(ofHexDigit byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
