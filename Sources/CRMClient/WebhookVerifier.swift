package import MappingLanguage
package import SyncModel
package import Wire

/// Decides whether a delivery comes from the CRM that it claims to come from, on its raw bytes.
///
/// Everything secret is compared in constant time. Refusals say which check failed, never with what.
package enum WebhookVerifier {
  /// What became of the proof.
  package enum Verdict: Hashable, Sendable {
    case genuine
    case refused(Refusal)
  }

  /// Why a delivery is not believed.
  package enum Refusal: String, Hashable, Sendable, CaseIterable {
    /// No header that any rule asks for, or one that cannot be read.
    case missingSignature
    case wrongSignature
    /// The timestamp is further from now than the rule tolerates, in either direction.
    case stale
    /// The connection has no usable secret for any rule.
    case noSecret
  }

  /// Tries the rules in order; one that fits is enough. Without a rule nothing is genuine.
  ///
  /// - Parameter secrets: the connection's secrets by purpose; several while one is being replaced.
  package static func verify(
    body: [UInt8], headers: [WireHeader], rules: [VerificationRule], secrets: (String) -> [Secret], now: Timestamp
  ) -> Verdict {
    var refusal: Refusal?
    for rule in rules {
      let check = VerificationCheck(body: body, headers: headers, now: now)
      guard let failed = check.refusal(of: rule, secrets: secrets) else { return .genuine }
      refusal = moreTelling(refusal, failed)
    }
    return .refused(refusal ?? .noSecret)
  }

  /// Of several rules' refusals the one that came furthest is told.
  private static func moreTelling(_ first: Refusal?, _ second: Refusal) -> Refusal {
    let order: [Refusal] = [.stale, .wrongSignature, .noSecret, .missingSignature]
    return order.first { $0 == first || $0 == second } ?? second
  }
}
