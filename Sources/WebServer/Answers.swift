import HTTPTypes
import Hummingbird
import JSON
import NIOCore

extension Response {
  static func html(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    answer(status, "text/html; charset=utf-8", text)
  }

  static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
    answer(status, "application/json", value.canonical + "\n")
  }

  /// The one shape that errors have for programs.
  static func jsonError(_ status: HTTPResponse.Status, _ message: String) -> Response {
    json(["error": ["message": .string(message)]], status: status)
  }

  static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    answer(status, "text/plain; charset=utf-8", text)
  }

  /// The browser goes on by GET, whatever brought it here.
  static func seeOther(_ location: String, status: HTTPResponse.Status = .seeOther) -> Response {
    Response(status: status, headers: [.location: location])
  }

  private static func answer(_ status: HTTPResponse.Status, _ type: String, _ text: String) -> Response {
    Response(
      status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  /// Nothing of this page stays in a cache or travels on in a `Referer`: its address or content is somebody's own.
  func kept() -> Response {
    var copy = self
    copy.headers[.cacheControl] = "no-store"
    copy.headers[.referrerPolicy] = "no-referrer"
    return copy
  }
}

extension HTTPField.Name {
  /// https://www.w3.org/TR/referrer-policy/
  static var referrerPolicy: HTTPField.Name { named("Referrer-Policy") }
  static var frameOptions: HTTPField.Name { named("X-Frame-Options") }

  private static func named(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("'\(text)' is no name of a header") }
    return name
  }
}
