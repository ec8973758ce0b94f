import Crypto
package import SyncModel

import struct FoundationEssentials.Data

/// Seals tokens with AES-GCM (NIST SP 800-38D) before they reach the database, and opens them again.
///
/// What a token is for is bound to it as associated data: a sealed token that is moved to another person's row, or to
/// another purpose, does not open, and neither does an older one that is put back into the row of the same person.
package struct Vault: Sendable {
  /// What a sealed value is.
  package enum Purpose: String, Hashable, Sendable, CaseIterable {
    case accessToken = "access-token"
    case refreshToken = "refresh-token"
    case pendingGrant = "pending-grant"
  }

  /// Whose it is, what, and which one of several.
  package struct Label: Hashable, Sendable {
    package var connection: ConnectionName
    package var user: CRMUserID
    package var purpose: Purpose
    /// Of a grant's tokens, when the grant was made and the generation of the pair; of what waits for confirmation, its
    /// attempt.
    package var edition: String

    package init(connection: ConnectionName, user: CRMUserID, purpose: Purpose, edition: String) {
      self.connection = connection
      self.user = user
      self.purpose = purpose
      self.edition = edition
    }

    /// The parts are preceded by their lengths, so that no two labels give the same bytes.
    fileprivate func associatedData(_ form: UInt8) -> Data {
      var data = Data("counterpart/\(form)".utf8)
      let edition = form == Vault.formWithoutEdition ? [] : [edition]
      for part in [connection.rawValue, user.rawValue, purpose.rawValue] + edition {
        withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { data.append(contentsOf: $0) }
        data.append(contentsOf: part.utf8)
      }
      return data
    }
  }

  /// What becomes of a sealed token with the keys that there are.
  package enum Standing: Hashable, Sendable {
    case opens(KeyID)
    /// It was sealed with a key that is not there.
    case wants(KeyID)
    case damaged
  }

  private static let form: UInt8 = 2
  /// Sealed by earlier versions, which bound no edition; it is moved to the present form when a server starts.
  private static let formWithoutEdition: UInt8 = 1
  private static let keyID = 1..<5
  private let keys: HeldKeys

  /// - Parameter newer: the keys, where they have changed since it was asked last, and nil where they have not. It is
  ///   asked before each sealing and where a key is missing: what is sealed is always sealed under the key that is
  ///   current now, and a key that was added meanwhile opens.
  package init(keys: KeyRing, newer: (@Sendable () -> KeyRing?)? = nil) {
    self.keys = HeldKeys(keys, newer: newer)
  }

  /// The names of the keys, the current one first.
  package var keyIDs: [KeyID] { keys.known.ids }

  /// One byte of form, four of key id, then nonce, ciphertext and tag.
  package func seal(_ secret: Secret, for label: Label) throws -> [UInt8] {
    let (id, key) = keys.renewed().current
    let head = [Self.form] + id.bytes
    let box = try AES.GCM.seal(
      Data(secret.reveal().utf8), using: key, authenticating: Data(head) + label.associatedData(Self.form))
    guard let combined = box.combined else { throw VaultError.cannotSeal }
    return head + combined
  }

  /// - Throws: ``VaultError`` when the key is missing, or the bytes are not what this label's purpose sealed.
  package func open(_ sealed: [UInt8], for label: Label) throws(VaultError) -> Secret {
    guard sealed.first == Self.form else { throw .damaged }
    return try openWhateverForm(sealed, for: label)
  }

  private func openWhateverForm(_ sealed: [UInt8], for label: Label) throws(VaultError) -> Secret {
    guard let id = Self.keyID(of: sealed) else { throw .damaged }
    guard let key = keys.known.key(id) ?? keys.renewed().key(id) else { throw .keyMissing }
    do {
      let box = try AES.GCM.SealedBox(combined: Data(sealed[5...]))
      let plain = try AES.GCM.open(
        box, using: key, authenticating: Data(sealed[..<5]) + label.associatedData(sealed[0]))
      return Secret(String(decoding: plain, as: UTF8.self))
    } catch { throw .damaged }
  }

  /// Whether it opens, and under which key it is.
  package func standing(of sealed: [UInt8], for label: Label) -> Standing {
    guard let id = Self.keyID(of: sealed) else { return .damaged }
    do throws(VaultError) { _ = try openWhateverForm(sealed, for: label) } catch {
      return error == .keyMissing ? .wants(id) : .damaged
    }
    return .opens(id)
  }

  /// The same token in the present form, under the current key; nil where it is so already, or does not open.
  ///
  /// - Parameter formOnly: what is in the present form stays under its key.
  package func reseal(_ sealed: [UInt8], for label: Label, formOnly: Bool = false) throws -> [UInt8]? {
    let isPresentForm = sealed.first == Self.form
    guard case .opens(let id) = standing(of: sealed, for: label),
      !isPresentForm || !formOnly && id != keys.renewed().current.id
    else { return nil }
    return try seal(openWhateverForm(sealed, for: label), for: label)
  }

  private static func keyID(of sealed: [UInt8]) -> KeyID? {
    guard sealed.count >= 33, [form, formWithoutEdition].contains(sealed[0]) else { return nil }
    return KeyID(bytes: Array(sealed[keyID]))
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
