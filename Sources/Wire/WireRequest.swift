/// One HTTP request to a far side, complete: what `preview` prints is what a ``Transport`` sends.
package struct WireRequest: Hashable, Sendable {
  package enum Method: String, Hashable, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  package var method: Method
  /// Absolute, already percent-encoded.
  package var url: String
  package var headers: [WireHeader]
  package var body: [UInt8]

  package init(_ method: Method, _ url: String, headers: [WireHeader] = [], body: [UInt8] = []) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }

  package func header(_ name: String) -> String? { headers.first(named: name) }
}

/// One HTTP answer, read whole and within bounds.
package struct WireResponse: Hashable, Sendable {
  package var status: Int
  package var headers: [WireHeader]
  package var body: [UInt8]

  package init(status: Int, headers: [WireHeader] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  package func header(_ name: String) -> String? { headers.first(named: name) }
}

/// One header line; names compare without regard to case (RFC 9110, 5.1).
package struct WireHeader: Hashable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension [WireHeader] {
  package func first(named name: String) -> String? {
    first { $0.name.utf8.elementsEqual(name.utf8) { $0.asciiLowercase == $1.asciiLowercase } }?.value
  }
}

extension UInt8 {
  fileprivate var asciiLowercase: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
