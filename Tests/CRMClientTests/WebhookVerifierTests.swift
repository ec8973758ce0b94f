import CRMClient
import MappingLanguage
import SyncModel
import Testing
import Wire

/// The MACs were computed with `openssl dgst -hmac`; GitHub's is the value that its documentation publishes.
@Suite("Proof of a delivery")
struct WebhookVerifierTests {
  private typealias Rule = VerificationRule.HMACRule

  private static let body = #"{"events":[]}"#
  /// 2026-01-01T00:00:00Z
  private static let now = Timestamp(seconds: 1_767_225_600)
  private static let standardKey = "whsec_Y291bnRlcnBhcnQtdGVzdC1rZXktMDEyMzQ1Njc4OWFi"
  private static let standardCode = "v1,J5CC42LrCa04pyJeKs+xbtx3cNXZsS2oH9c43bDb6Bw="
  private static let sha256 = "b7db225958683d7388dd552310458a161b0b8a1fb3b20123373973598d295898"

  struct Delivery: Sendable, CustomTestStringConvertible {
    var name: String
    var rules: [VerificationRule]
    var headers: [WireHeader]
    var secrets: [String]
    var body = WebhookVerifierTests.body
    var now = WebhookVerifierTests.now
    var testDescription: String { name }
  }

  private static func standard(
    id: String = "msg_1", time: String = "1767225600", code: String = standardCode
  ) -> [WireHeader] {
    [WireHeader("Webhook-Id", id), WireHeader("webhook-timestamp", time), WireHeader("WEBHOOK-SIGNATURE", code)]
  }

  private static let standardRule: [VerificationRule] = [
    .standardWebhooks(secret: "webhook", tolerance: .seconds(300))
  ]

  private static func stamped(_ unit: Rule.TimestampUnit, separator: String, encoding: Rule.Encoding)
    -> VerificationRule
  {
    .hmac(
      Rule(
        header: "X-Signature", encoding: encoding,
        timestamp: .init(header: "X-Time", unit: unit, tolerance: .seconds(60)), separator: separator))
  }

  static let genuine: [Delivery] = [
    Delivery(name: "Standard Webhooks", rules: standardRule, headers: standard(), secrets: [standardKey]),
    Delivery(
      name: "one fitting signature of several", rules: standardRule,
      headers: standard(code: "v1,AAAA v1a,BBBB v2,CCCC \(standardCode)"), secrets: [standardKey]),
    Delivery(
      name: "the second of two secrets", rules: standardRule, headers: standard(),
      secrets: ["whsec_b3RoZXIga2V5IG90aGVyIGtleSBvdGhlciBrZXkh", standardKey]),
    Delivery(
      name: "a secret without whsec_", rules: standardRule, headers: standard(),
      secrets: [String(standardKey.dropFirst(6))]),
    Delivery(
      name: "a clock five minutes ahead", rules: standardRule, headers: standard(), secrets: [standardKey],
      now: now - .seconds(300)),
    Delivery(
      name: "a clock five minutes behind", rules: standardRule, headers: standard(), secrets: [standardKey],
      now: now + .seconds(300)),
    Delivery(
      name: "GitHub's published value",
      rules: [.hmac(Rule(header: "X-Hub-Signature-256", prefix: "sha256="))],
      headers: [
        WireHeader(
          "x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
      ], secrets: ["It's a Secret to Everybody"], body: "Hello, World!"),
    Delivery(
      name: "SHA-1 in hex", rules: [.hmac(Rule(header: "X-Signature", algorithm: .sha1))],
      headers: [WireHeader("X-Signature", "2e73e0b530d8482289bb5713fc3d02341e6aacf1")], secrets: ["plain secret"]),
    Delivery(
      name: "SHA-512 in upper-case hex", rules: [.hmac(Rule(header: "X-Signature", algorithm: .sha512))],
      headers: [
        WireHeader(
          "X-Signature",
          "4FCA44BD1CD609232B9FF1F830514F2247166DD2A6B84AD9FCE62590FA0457F9"
            + "2676D02E4A4EE6E7FF6695944B06991213BE3A88CF638570E5C79E110679A091")
      ], secrets: ["plain secret"]),
    Delivery(
      name: "base64", rules: [.hmac(Rule(header: "X-Signature", encoding: .base64))],
      headers: [WireHeader("X-Signature", "t9siWVhoPXOI3VUjEEWKFhsLih+zsgEjNzlzWY0pWJg=")], secrets: ["plain secret"]),
    Delivery(
      name: "a timestamp in seconds", rules: [stamped(.seconds, separator: ".", encoding: .hex)],
      headers: [
        WireHeader("X-Signature", "46016f11d5bac38b1689d0b674e9eb9835c788a33380994f53e283d52d7f7744"),
        WireHeader("X-Time", "1767225600"),
      ], secrets: ["plain secret"]),
    Delivery(
      name: "a timestamp in milliseconds", rules: [stamped(.milliseconds, separator: ":", encoding: .hex)],
      headers: [
        WireHeader("X-Signature", "c44d7d4bb15255d42f7196271dac87edd18131c5c83234d87615e7a98a79418d"),
        WireHeader("X-Time", "1767225600000"),
      ], secrets: ["plain secret"]),
    Delivery(
      name: "a timestamp in ISO 8601 without a separator", rules: [stamped(.iso8601, separator: "", encoding: .base64)],
      headers: [
        WireHeader("X-Signature", "1n6W3XPe753UAdA9SkqNvoAD0GzBMYn7Fv7u2RnPcjE="),
        WireHeader("X-Time", "2026-01-01T00:00:00Z"),
      ], secrets: ["plain secret"]),
    Delivery(
      name: "a shared secret", rules: [.sharedSecret(header: "Authorization", prefix: "Bearer ", secret: "webhook")],
      headers: [WireHeader("authorization", "Bearer s3cret")], secrets: ["old", "s3cret"]),
    Delivery(
      name: "the second of two rules",
      rules: [
        .sharedSecret(header: "X-Token", prefix: "", secret: "webhook"), .hmac(Rule(header: "X-Signature")),
      ], headers: [WireHeader("X-Signature", sha256)], secrets: ["plain secret"]),
    Delivery(name: "a CRM that proves nothing, accepted in writing", rules: [.none], headers: [], secrets: []),
  ]

  @Test("A delivery that is signed as the profile says is genuine", arguments: genuine)
  func accepts(delivery: Delivery) {
    #expect(verdict(delivery) == .genuine)
  }

  struct Forgery: Sendable, CustomTestStringConvertible {
    var delivery: Delivery
    var refusal: WebhookVerifier.Refusal
    var testDescription: String { delivery.name }

    init(
      _ name: String, _ rules: [VerificationRule], _ headers: [WireHeader], _ secrets: [String],
      body: String = WebhookVerifierTests.body, now: Timestamp = WebhookVerifierTests.now,
      _ refusal: WebhookVerifier.Refusal
    ) {
      delivery = Delivery(name: name, rules: rules, headers: headers, secrets: secrets, body: body, now: now)
      self.refusal = refusal
    }
  }

  private static let hexRule: [VerificationRule] = [.hmac(Rule(header: "X-Signature", prefix: "sha256="))]
  private static let tokenRule: [VerificationRule] = [
    .sharedSecret(header: "X-Token", prefix: "", secret: "webhook")
  ]

  static let forgeries: [Forgery] = [
    Forgery("no signature", standardRule, [], [standardKey], .missingSignature),
    Forgery("an altered body", standardRule, standard(), [standardKey], body: #"{"events":[1]}"#, .wrongSignature),
    Forgery("an altered id", standardRule, standard(id: "msg_2"), [standardKey], .wrongSignature),
    Forgery("an altered time", standardRule, standard(time: "1767225601"), [standardKey], .wrongSignature),
    Forgery("only another version", standardRule, standard(code: "v1a,AAAA"), [standardKey], .missingSignature),
    Forgery("a cut signature", standardRule, standard(code: "v1,J5CC42LrCa04"), [standardKey], .wrongSignature),
    Forgery("an empty signature", standardRule, standard(code: "v1,"), [standardKey], .wrongSignature),
    Forgery("an old delivery", standardRule, standard(), [standardKey], now: now + .seconds(301), .stale),
    Forgery("a delivery from the future", standardRule, standard(), [standardKey], now: now - .seconds(301), .stale),
    Forgery("a time that is none", standardRule, standard(time: "now"), [standardKey], .missingSignature),
    Forgery(
      "a time beyond time", standardRule, standard(time: "9223372036854775807"), [standardKey], .missingSignature),
    Forgery("no secret", standardRule, standard(), [], .noSecret),
    Forgery("a secret that is not base64", standardRule, standard(), ["whsec_***"], .noSecret),
    Forgery("another secret", hexRule, [WireHeader("X-Signature", "sha256=" + sha256)], ["other"], .wrongSignature),
    Forgery("no prefix", hexRule, [WireHeader("X-Signature", sha256)], ["plain secret"], .missingSignature),
    Forgery("odd hex", hexRule, [WireHeader("X-Signature", "sha256=abc")], ["plain secret"], .missingSignature),
    Forgery("an empty secret", hexRule, [WireHeader("X-Signature", "sha256=" + sha256)], [""], .noSecret),
    Forgery("a wrong token", tokenRule, [WireHeader("X-Token", "s3cres")], ["s3cret"], .wrongSignature),
    Forgery("a longer token", tokenRule, [WireHeader("X-Token", "s3crets")], ["s3cret"], .wrongSignature),
    Forgery("an empty token", tokenRule, [WireHeader("X-Token", "")], ["s3cret"], .wrongSignature),
    Forgery("an empty token and secret", tokenRule, [WireHeader("X-Token", "")], [""], .noSecret),
    Forgery("no rule", [], [], ["plain secret"], .noSecret),
    Forgery(
      "two rules, of which one came further", hexRule + tokenRule, [WireHeader("X-Token", "x")], ["s3cret"],
      .wrongSignature),
  ]

  @Test("Everything else is refused, with the reason", arguments: forgeries)
  func refuses(forgery: Forgery) {
    #expect(verdict(forgery.delivery) == .refused(forgery.refusal))
  }

  private func verdict(_ delivery: Delivery) -> WebhookVerifier.Verdict {
    WebhookVerifier.verify(
      body: Array(delivery.body.utf8), headers: delivery.headers, rules: delivery.rules,
      secrets: { $0 == "webhook" ? delivery.secrets.map { Secret($0) } : [] }, now: delivery.now)
  }
}
