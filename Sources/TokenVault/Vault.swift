import Crypto
package import SyncModel

import struct FoundationEssentials.Data

/// Seals tokens with AES-GCM (NIST SP 800-38D) before they reach the database, and opens them again.
///
/// What a token is for is bound to it as associated data: a sealed token that is moved to another person's row, or to
/// another purpose, does not open.
package struct Vault: Sendable {
  /// What a sealed value is.
  package enum Purpose: String, Hashable, Sendable, CaseIterable {
    case accessToken = "access-token"
    case refreshToken = "refresh-token"
    case pendingGrant = "pending-grant"
  }

  /// Whose it is, and what.
  package struct Label: Hashable, Sendable {
    package var connection: ConnectionName
    package var user: CRMUserID
    package var purpose: Purpose

    package init(connection: ConnectionName, user: CRMUserID, purpose: Purpose) {
      self.connection = connection
      self.user = user
      self.purpose = purpose
    }

    /// The parts are preceded by their lengths, so that no two labels give the same bytes.
    fileprivate var associatedData: Data {
      var data = Data("counterpart/1".utf8)
      for part in [connection.rawValue, user.rawValue, purpose.rawValue] {
        withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { data.append(contentsOf: $0) }
        data.append(contentsOf: part.utf8)
      }
      return data
    }
  }

  private static let version: UInt8 = 1
  private let keys: KeyRing

  package init(keys: KeyRing) { self.keys = keys }

  /// One byte of version, four of key id, then nonce, ciphertext and tag.
  package func seal(_ secret: Secret, for label: Label) throws -> [UInt8] {
    let (id, key) = keys.current
    let box = try AES.GCM.seal(
      Data(secret.reveal().utf8), using: key, authenticating: Data([Self.version]) + Data(id) + label.associatedData)
    guard let combined = box.combined else { throw VaultError.cannotSeal }
    return [Self.version] + id + combined
  }

  /// - Throws: ``VaultError`` when the key is missing, or the bytes are not what this label's purpose sealed.
  package func open(_ sealed: [UInt8], for label: Label) throws(VaultError) -> Secret {
    guard sealed.count >= 33, sealed[0] == Self.version else { throw .damaged }
    let id = sealed[1..<5]
    guard let key = keys.key(id) else { throw .keyMissing }
    do {
      let box = try AES.GCM.SealedBox(combined: Data(sealed[5...]))
      let plain = try AES.GCM.open(box, using: key, authenticating: Data(sealed[..<5]) + label.associatedData)
      return Secret(String(decoding: plain, as: UTF8.self))
    } catch { throw .damaged }
  }
}

/// Why a sealed token does not open.
package enum VaultError: Error, Hashable, Sendable, CustomStringConvertible {
  case keyMissing
  case damaged
  case cannotSeal

  package var description: String {
    switch self {
    case .keyMissing: "the key that this was sealed with is not among the encryption keys"
    case .damaged: "a sealed token does not open: it was sealed for somebody else, or was damaged"
    case .cannotSeal: "a token could not be sealed"
    }
  }
}
