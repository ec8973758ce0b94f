import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Outbound
import Testing
import Wire

@Suite("Sending over HTTP")
struct HTTPTransportTests {
  func outcome(
    _ path: String, limits: HTTPTransport.Limits = .init(), body: [UInt8] = []
  ) async throws -> Result<WireResponse, TransportFailure> {
    let router = Router()
    router.get("/redirect") { _, _ in Response(status: .found, headers: [.location: "/other"]) }
    router.get("/large") { _, _ in String(repeating: "x", count: 5000) }
    router.get("/drip") { _, _ in
      Response(
        status: .ok,
        body: ResponseBody { writer in
          while true {
            try await writer.write(ByteBuffer(string: "x"))
            try await Task.sleep(for: .milliseconds(20))
          }
        })
    }
    router.post("/echo") { request, _ in
      let body = try await request.body.collect(upTo: 1000)
      return (request.headers[.userAgent] ?? "") + String(buffer: body)
    }
    return try await Application(router: router).test(.live) { client in
      let origin = "http://localhost:\(client.port ?? 0)"
      let transport = HTTPTransport(limits: limits) { [origin] }
      let method: WireRequest.Method = body.isEmpty ? .get : .post
      let request = WireRequest(method, origin + path, headers: [WireHeader("User-Agent", "a:")], body: body)
      let result: Result<WireResponse, TransportFailure>
      do throws(TransportFailure) {
        result = .success(try await transport.send(request))
      } catch {
        result = .failure(error)
      }
      await transport.shutdown()
      return result
    }
  }

  @Test("A redirect is reported as an answer")
  func redirect() async throws {
    #expect(try await outcome("/redirect").get().status == 302)
  }

  @Test("An answer over the limit may have been acted on")
  func large() async throws {
    #expect(
      try await outcome("/large", limits: .init(answerBytes: 1000))
        == .failure(.maybeSent("the answer is too large")))
  }

  @Test("A dripping body ends at the deadline", .timeLimit(.minutes(1)))
  func drip() async throws {
    let result = try await outcome("/drip", limits: .init(deadline: .milliseconds(300)))
    guard case .failure(.maybeSent) = result else {
      Issue.record("a deadline was expected, not \(result)")
      return
    }
  }

  @Test("Headers and body arrive")
  func echo() async throws {
    #expect(try await outcome("/echo", body: Array("body".utf8)).get().body == Array("a:body".utf8))
  }

  @Test(
    "An address outside the allowed origins is not sent",
    arguments: [
      "http://localhost:2/", "https://localhost:1/", "http://localhost:1@example.com/", "http://localhost:1\\.a/",
      "ftp://localhost:1/", "localhost:1", "",
    ])
  func disallowed(_ url: String) async {
    let transport = HTTPTransport { ["http://localhost:1"] }
    await #expect(throws: TransportFailure.notSent("host not allowed")) {
      try await transport.send(WireRequest(.get, url))
    }
    await transport.shutdown()
  }

  @Test("A refused connection is not sent")
  func refused() async {
    let transport = HTTPTransport(limits: .init(connect: .milliseconds(300))) { ["http://127.0.0.1:1"] }
    let error = await #expect(throws: TransportFailure.self) {
      try await transport.send(WireRequest(.get, "http://127.0.0.1:1/"))
    }
    if case .notSent = error {} else { Issue.record("notSent was expected") }
    await transport.shutdown()
  }
}
