import Crypto
import SyncModel
import Synchronization
import Testing
import TokenVault

import struct Foundation.Data

@Suite("Sealing tokens")
struct VaultTests {
  static let one = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
  static let two = "202122232425262728292a2b2c2d2e2f303132333435363738393A3B3C3D3E3F"
  static let label = Vault.Label(connection: "acme", user: "7", purpose: .accessToken, edition: "1")
  static let secret = Secret("a token that nobody may read")

  static func vault(_ keys: String...) throws -> Vault {
    Vault(keys: try KeyRing(text: keys.joined(separator: "\n")))
  }

  @Test(
    "A sealed token opens to the same token",
    arguments: ["x", "", "ключ \u{1F511}", String(repeating: "t", count: 9000)])
  func roundTrip(_ text: String) throws {
    let vault = try Self.vault(Self.one)
    let sealed = try vault.seal(Secret(text), for: Self.label)
    #expect(try vault.open(sealed, for: Self.label).reveal() == text)
  }

  @Test("What is sealed shows nothing of the token, and differs each time")
  func hides() throws {
    let vault = try Self.vault(Self.one)
    let sealed = try vault.seal(Self.secret, for: Self.label)
    #expect(String(decoding: sealed, as: UTF8.self).contains("token") == false)
    #expect(try vault.seal(Self.secret, for: Self.label) != sealed)
  }

  @Test(
    "A sealed token does not open for another person, purpose, connection or generation",
    arguments: [
      Vault.Label(connection: "acme", user: "8", purpose: .accessToken, edition: "1"),
      Vault.Label(connection: "acme", user: "7", purpose: .refreshToken, edition: "1"),
      Vault.Label(connection: "acme", user: "7", purpose: .pendingGrant, edition: "1"),
      Vault.Label(connection: "other", user: "7", purpose: .accessToken, edition: "1"),
      Vault.Label(connection: "acme7", user: "", purpose: .accessToken, edition: "1"),
      Vault.Label(connection: "acm", user: "e7", purpose: .accessToken, edition: "1"),
      Vault.Label(connection: "acme", user: "7", purpose: .accessToken, edition: "2"),
      Vault.Label(connection: "acme", user: "7", purpose: .accessToken, edition: ""),
    ])
  func bound(_ label: Vault.Label) throws {
    let vault = try Self.vault(Self.one)
    let sealed = try vault.seal(Self.secret, for: Self.label)
    #expect(throws: VaultError.damaged) { try vault.open(sealed, for: label) }
  }

  @Test("The first key seals, and every key opens, so that keys can be replaced")
  func rotation() throws {
    let old = try Self.vault(Self.one)
    let both = try Self.vault(Self.two, Self.one)
    let new = try Self.vault(Self.two)
    let before = try old.seal(Self.secret, for: Self.label)
    let after = try both.seal(Self.secret, for: Self.label)
    #expect(try both.open(before, for: Self.label) == Self.secret)
    #expect(try new.open(after, for: Self.label) == Self.secret)
    #expect(throws: VaultError.keyMissing) { try new.open(before, for: Self.label) }
    #expect(throws: VaultError.keyMissing) { try old.open(after, for: Self.label) }
  }

  @Test("Re-sealing moves a token under the current key and leaves alone what is there already, or does not open")
  func resealing() throws {
    let old = try Self.vault(Self.one)
    let both = try Self.vault(Self.two, Self.one)
    let new = try Self.vault(Self.two)
    let before = try old.seal(Self.secret, for: Self.label)
    let after = try #require(try both.reseal(before, for: Self.label))
    #expect(try new.open(after, for: Self.label) == Self.secret)
    #expect(try both.reseal(after, for: Self.label) == nil)
    #expect(try new.reseal(before, for: Self.label) == nil)
    var other = Self.label
    other.user = "8"
    #expect(try both.reseal(before, for: other) == nil)
  }

  /// As versions before this one sealed it, which bound no generation.
  static func sealedInFormerForm(_ keys: String) throws -> [UInt8] {
    let vault = try vault(keys)
    let head: [UInt8] = [1] + (try vault.seal(secret, for: label))[1..<5]
    var bound = Data("counterpart/1".utf8)
    for part in ["acme", "7", "access-token"] { bound += Data([0, 0, 0, UInt8(part.utf8.count)]) + Data(part.utf8) }
    let key = try #require(Data(base64Encoded: keys))
    let box = try AES.GCM.seal(
      Data(secret.reveal().utf8), using: SymmetricKey(data: key), authenticating: Data(head) + bound)
    return head + (try #require(box.combined))
  }

  @Test("What earlier versions sealed without a generation opens only once it was re-sealed for its generation")
  func formerForm() throws {
    let vault = try Self.vault(Self.one)
    let former = try Self.sealedInFormerForm(Self.one)
    #expect(throws: VaultError.damaged) { try vault.open(former, for: Self.label) }
    #expect(vault.standing(of: former, for: Self.label) == .opens(vault.keyIDs[0]))
    let present = try #require(try vault.reseal(former, for: Self.label, formOnly: true))
    #expect(try vault.open(present, for: Self.label) == Self.secret)
    #expect(try vault.reseal(present, for: Self.label) == nil)
    // A server that starts moves forms and not keys.
    let both = try Self.vault(Self.two, Self.one)
    #expect(try both.reseal(present, for: Self.label, formOnly: true) == nil)
    #expect(try both.reseal(present, for: Self.label) != nil)
    var other = Self.label
    other.user = "8"
    #expect(try vault.reseal(former, for: other) == nil)
  }

  @Test("A sealed token tells under which key it is, or which one it wants")
  func standing() throws {
    let old = try Self.vault(Self.one)
    let new = try Self.vault(Self.two)
    let sealed = try old.seal(Self.secret, for: Self.label)
    let id = try #require(old.keyIDs.first)
    #expect(old.standing(of: sealed, for: Self.label) == .opens(id))
    #expect(new.standing(of: sealed, for: Self.label) == .wants(id))
    #expect(old.standing(of: sealed.dropLast() + [sealed.last! ^ 1], for: Self.label) == .damaged)
    #expect(old.standing(of: [], for: Self.label) == .damaged)
    #expect("\(id)".count == 8)
    #expect(id != new.keyIDs.first)
  }

  @Test("Keys that change while a vault is in use count from then on: the first seals, and what was missing opens")
  func newerKeys() throws {
    let text = Mutex<String?>(nil)
    let asked = Mutex(0)
    let vault = Vault(keys: try KeyRing(text: Self.one)) {
      asked.withLock { $0 += 1 }
      return text.withLock { current in
        defer { current = nil }
        return current.flatMap { try? KeyRing(text: $0) }
      }
    }
    let new = try Self.vault(Self.two)
    let elsewhere = try new.seal(Self.secret, for: Self.label)
    #expect(throws: VaultError.keyMissing) { try vault.open(elsewhere, for: Self.label) }
    text.withLock { $0 = Self.two + "\n" + Self.one }
    #expect(try vault.open(elsewhere, for: Self.label) == Self.secret)
    let before = asked.withLock { $0 }
    #expect(try vault.open(elsewhere, for: Self.label) == Self.secret)
    #expect(asked.withLock { $0 } == before)
    #expect(try new.open(vault.seal(Self.secret, for: Self.label), for: Self.label) == Self.secret)
    text.withLock { $0 = Self.one }
    let sealed = try vault.seal(Self.secret, for: Self.label)
    #expect(try Self.vault(Self.one).open(sealed, for: Self.label) == Self.secret)
  }

  @Test("One bit that changed anywhere is noticed")
  func damage() throws {
    let vault = try Self.vault(Self.one)
    let sealed = try vault.seal(Self.secret, for: Self.label)
    for index in sealed.indices {
      var damaged = sealed
      damaged[index] ^= 1
      let error = #expect(throws: VaultError.self) { try vault.open(damaged, for: Self.label) }
      #expect(error == ((1..<5).contains(index) ? .keyMissing : .damaged), "byte \(index)")
    }
  }

  @Test("Too few bytes are damaged, however few", arguments: [0, 1, 5, 32, 33])
  func tooShort(_ count: Int) throws {
    let vault = try Self.vault(Self.one)
    let sealed = try vault.seal(Self.secret, for: Self.label)
    #expect(throws: VaultError.damaged) { try vault.open(Array(sealed.prefix(count)), for: Self.label) }
  }
}

@Suite("The encryption keys")
struct KeyRingTests {
  @Test(
    "Keys are read in base64 and hexadecimal, beside comments and empty lines",
    arguments: [
      VaultTests.one, VaultTests.two, "# made in spring\n\n  " + VaultTests.one + "  \r\n" + VaultTests.two + "\n",
      KeyRing.newKey(),
    ])
  func reads(_ text: String) {
    #expect(throws: Never.self) { try KeyRing(text: text) }
  }

  @Test("A file without a key is said to be empty", arguments: ["", "\n", "# nothing\n", "\r\n \n"])
  func empty(_ text: String) {
    #expect(throws: KeyRingError.empty) { try KeyRing(text: text) }
  }

  @Test(
    "A line that is no key is named by its number, never by its content",
    arguments: ["hunter2", "c2hvcnQ=", String(VaultTests.two.dropLast()), VaultTests.one + "AA", "zz" + VaultTests.two])
  func refuses(_ line: String) {
    let error = #expect(throws: KeyRingError.self) { try KeyRing(text: "# keys\r\n\(VaultTests.one)\r\n\(line)\r\n") }
    #expect(error == .unreadable(line: 3))
    #expect(error.map { "\($0)" }?.hasPrefix("line 3 of the encryption keys is not a key") == true)
    #expect(error.map { "\($0)" + String(reflecting: $0) }?.contains(line) == false)
  }

  @Test("A new key is new, and has 256 bits")
  func newKeys() {
    #expect(Set((0..<8).map { _ in KeyRing.newKey() }).count == 8)
    #expect(KeyRing.newKey().utf8.count == 44)
  }

  @Test("Neither a secret nor what opens one prints it")
  func printing() throws {
    let secret = VaultTests.secret
    var dumped = ""
    dump([secret], to: &dumped)
    let shown = ["\(secret)", String(reflecting: secret), "\(secret as Any?)", String(describing: [secret]), dumped]
    #expect(shown.filter { $0.contains("token") } == [])
    #expect(VaultError.damaged.description.contains("token that") == false)
  }
}
