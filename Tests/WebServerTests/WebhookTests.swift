import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import MappingLanguage
import NIOCore
import SyncModel
import Synchronization
import Testing

@testable import SyncStore
@testable import WebServer

struct WebhookTests {
  struct Refusal: Sendable, CustomTestStringConvertible {
    var name: String
    var status: HTTPResponse.Status = .unauthorized
    var change: @Sendable (inout TestInstallation.Delivery) -> Void
    var testDescription: String { name }
  }

  static let refusals = [
    Refusal(name: "without a signature") { $0.isSigned = false },
    Refusal(name: "with a wrong signature") { $0.secret = "another secret" },
    Refusal(name: "with a stale timestamp") { $0.time = TestInstallation.now - .seconds(301) },
    Refusal(name: "with a timestamp from the future") { $0.time = TestInstallation.now + .seconds(301) },
    Refusal(name: "for an unknown connection", status: .notFound) { $0.connection = "nobody" },
  ]

  @Test("A delivery that is not believed gets the same words for every reason, and is not stored", arguments: refusals)
  func refused(_ refusal: Refusal) async throws {
    let installation = try TestInstallation()
    let response = try await installation.withClient { client in
      var delivery = TestInstallation.Delivery()
      refusal.change(&delivery)
      return try await delivery.send(to: client)
    }
    #expect(response.status == refusal.status)
    #expect(response.text == Self.refusalBody)
    let counts = try await installation.store.counts()
    #expect(counts == StoreCounts(refusedDeliveries: 1))
  }

  private static let refusalBody =
    #"{"error":{"message":"The delivery is not accepted: no such connection, or its signature does not fit."}}"# + "\n"

  @Test("An accepted delivery gets the profile's own answer, and so does its repetition, which changes nothing")
  func accepted() async throws {
    let installation = try TestInstallation(
      accepted: AnswerRule(status: 200, contentType: "text/xml", body: "<Ack>true</Ack>"))
    try await installation.withClient { client in
      for _ in 1...2 {
        let response = try await TestInstallation.Delivery().send(to: client)
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "text/xml")
        #expect(response.text == "<Ack>true</Ack>")
      }
    }
    #expect(try await installation.store.counts() == StoreCounts(pendingEvents: 1))
  }

  @Test("A body over the limit is refused with 413 and nothing is stored")
  func tooLarge() async throws {
    let installation = try TestInstallation(bodyLimitBytes: 64)
    let response = try await installation.withClient { try await TestInstallation.Delivery().send(to: $0) }
    #expect(response.status == .contentTooLarge)
    #expect(response.text == #"{"error":{"message":"The body is larger than 64 bytes."}}"# + "\n")
    #expect(try await installation.store.counts() == StoreCounts())
  }

  struct Unreadable: Sendable, CustomTestStringConvertible {
    var name: String
    var body: String
    var testDescription: String { name }
  }

  @Test(
    "A genuine delivery that cannot be read is answered with 400 and kept as a dead letter",
    arguments: [
      Unreadable(name: "no JSON", body: "{secret text"),
      Unreadable(name: "no case id", body: #"{"events":[{"case":{"subject":"secret text"}}]}"#),
      Unreadable(name: "deep nesting", body: String(repeating: "[", count: 3000)),
      Unreadable(name: "duplicate keys", body: #"{"events":[],"events":["secret text"]}"#),
    ])
  func unreadable(_ body: Unreadable) async throws {
    let installation = try TestInstallation()
    let response = try await installation.withClient { client in
      var delivery = TestInstallation.Delivery()
      delivery.body = body.body
      return try await delivery.send(to: client)
    }
    #expect(response.status == .badRequest)
    let message = try JSONReader.read(Array(response.body.readableBytesView))["error"]?["message"]?.string
    #expect(message?.isEmpty == false)
    #expect(message?.contains("secret") == false)
    #expect(try await installation.store.counts() == StoreCounts(deadDeliveries: 1))
  }

  @Test("A body that does not end within its deadline is given up")
  func tooSlow() async throws {
    let time = Mutex(ContinuousClock.now)
    let chunks = AsyncStream<ByteBuffer> {
      time.withLock { $0 += .seconds(3) }
      return ByteBuffer(string: "{")
    }
    let request = Request(
      head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/webhooks/acme"),
      body: RequestBody(asyncSequence: chunks))
    await #expect(throws: BodyProblem.tooSlow) {
      try await request.bytes(upTo: 4096, within: .seconds(10), now: { time.withLock { $0 } })
    }
  }

  @Test("A body without a length is refused as soon as it is longer than the limit")
  func tooLargeWithoutLength() async throws {
    let (chunks, sender) = AsyncStream<ByteBuffer>.makeStream()
    for _ in 0..<3 { sender.yield(ByteBuffer(string: "12345")) }
    let request = Request(
      head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/webhooks/acme"),
      body: RequestBody(asyncSequence: chunks))
    await #expect(throws: BodyProblem.tooLarge) { try await request.bytes(upTo: 12, within: .seconds(60)) }
    sender.finish()
  }
}
