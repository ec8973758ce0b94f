import Crypto
package import SyncModel

import struct FoundationEssentials.Data

/// The link with which a CRM sends its logged-in user to the connect page: the CRM signs who it is.
///
/// `signature` is the hexadecimal HMAC-SHA256, with the connection's connect secret, over connection, user, name,
/// email and expires, joined by newlines; what is absent is empty.
package struct SignedLink: Hashable, Sendable {
  package var connection: ConnectionName
  package var user: CRMUser
  package var expires: Timestamp
  private var signature: [UInt8]

  /// Why a link is not taken.
  package enum Problem: Error, Hashable, Sendable { case malformed, expired, forged }

  /// A link may be valid for so long and no longer.
  package static let longestValidity: Duration = .seconds(24 * 3600)

  /// Reads and verifies the query of a link.
  ///
  /// - Parameter query: the decoded pairs, in order; a name that stands twice makes the link malformed.
  package init(
    connection: ConnectionName, query: [(name: String, value: String)], secrets: [Secret], now: Timestamp
  ) throws(Problem) {
    var values: [String: String] = [:]
    for (name, value) in query {
      guard values.updateValue(value, forKey: name) == nil, value.utf8.count <= 512 else { throw .malformed }
    }
    guard let user = values["user"], !user.isEmpty, let expires = values["expires"].flatMap({ Int64($0) }),
      let hex = values["signature"], let signature = Self.bytes(hex: hex), signature.count == 32,
      expires > 0, expires < 100_000_000_000,
      !values.values.contains(where: { $0.unicodeScalars.contains { $0.value < 0x20 } })
    else { throw .malformed }
    self.connection = connection
    self.user = CRMUser(id: CRMUserID(user), name: values["name"].nonEmpty, email: values["email"].nonEmpty)
    self.expires = Timestamp(seconds: expires)
    self.signature = signature
    let message = Self.message(connection: connection, user: self.user, expires: expires)
    let isGenuine = secrets.contains { secret in
      HMAC<SHA256>.isValidAuthenticationCode(
        signature, authenticating: message, using: SymmetricKey(data: Data(secret.reveal().utf8)))
    }
    guard isGenuine else { throw .forged }
    guard now < self.expires, self.expires - now <= Self.longestValidity else { throw .expired }
  }

  /// Makes a link for a user, as a CRM does.
  package init(connection: ConnectionName, user: CRMUser, expires: Timestamp, secret: Secret) {
    self.connection = connection
    self.user = user
    self.expires = Timestamp(seconds: expires.milliseconds / 1000)
    let message = Self.message(connection: connection, user: user, expires: expires.milliseconds / 1000)
    signature = Array(
      HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: Data(secret.reveal().utf8))))
  }

  /// What tells this link from every other; it says nothing of the signature.
  var digest: [UInt8] { Array(SHA256.hash(data: Data(signature))) }

  /// The pairs of the link's query.
  package var query: [(String, String)] {
    [
      ("user", user.id.rawValue), ("name", user.name ?? ""), ("email", user.email ?? ""),
      ("expires", String(expires.milliseconds / 1000)),
      ("signature", signature.hexadecimal),
    ]
  }

  private static func message(connection: ConnectionName, user: CRMUser, expires: Int64) -> Data {
    Data(
      [connection.rawValue, user.id.rawValue, user.name ?? "", user.email ?? "", String(expires)]
        .joined(separator: "\n").utf8)
  }

  private static func bytes(hex: String) -> [UInt8]? {
    let digits = Array(hex.utf8)
    guard digits.count.isMultiple(of: 2), digits.count <= 128 else { return nil }
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
    return bytes.count * 2 == digits.count ? bytes : nil
  }
}

extension String? {
  fileprivate var nonEmpty: String? { self?.isEmpty == false ? self : nil }
}
