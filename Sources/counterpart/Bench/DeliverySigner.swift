import Crypto
import Foundation
import SyncModel

/// Makes deliveries in the neutral format, signed by Standard Webhooks.
struct DeliverySigner: Sendable {
  private let key: SymmetricKey
  private let seconds: Int64
  let time: String

  init(now: Timestamp) {
    let base64 = BenchServer.webhookSecret.reveal().dropFirst("whsec_".count)
    key = SymmetricKey(data: Data(base64Encoded: String(base64)) ?? Data())
    seconds = now.milliseconds / 1000
    time = now.description
  }

  /// The creation of case `number`, with a text of some 600 bytes, by one of 50 people.
  func request(_ number: Int) -> [UInt8] {
    request(
      id: "bench-\(number)",
      body: """
        {"events":[{"id":"e\(number)","type":"case.created","time":"\(time)","actor":{"id":"u\(number % 50)",\
        "name":"Agent \(number % 50)","email":"agent@example.com"},"case":{"id":"c\(number)","number":"\(number)",\
        "subject":"Benchmark case \(number)",\
        "description":"\(String(repeating: "A sentence of the case. ", count: 25))",\
        "priority":"P2","status":"New"}}]}
        """)
  }

  /// One delivery, signed as Standard Webhooks has it.
  func request(id: String, body: String) -> [UInt8] {
    let mac = HMAC<SHA256>.authenticationCode(for: Data("\(id).\(seconds).\(body)".utf8), using: key)
    let head = """
      POST /webhooks/helpdesk HTTP/1.1\r
      Host: 127.0.0.1\r
      Content-Type: application/json\r
      Content-Length: \(body.utf8.count)\r
      webhook-id: \(id)\r
      webhook-timestamp: \(seconds)\r
      webhook-signature: v1,\(Data(mac).base64EncodedString())\r
      \r

      """
    return Array((head + body).utf8)
  }
}
