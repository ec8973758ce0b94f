import JSON
import SyncModel

/// What Atlassian's authorization server remembers: codes, access tokens, refresh tokens and dead families.
struct AuthorizationSessions {
  struct Code {
    var account: AccountID
    var scopes: [String]
    var redirectURI: String
    var expires: Timestamp
    /// PKCE's, of a Data Center.
    var challenge: String?
  }

  struct AccessToken {
    var account: AccountID
    var scopes: [String]
    var family: String
    var expires: Timestamp
  }

  struct RefreshToken {
    var account: AccountID
    var scopes: [String]
    var family: String
    var expires: Timestamp
    /// When it was exchanged for the first time.
    var exchanged: Timestamp?
  }

  /// A token that a person made themselves: an API token of Cloud, or a personal access token of a Data Center.
  struct OwnToken {
    var account: AccountID
    /// An API token with scopes works at Atlassian's gateway only, one without at the site only.
    var isScoped = false
    var expires: Timestamp?
  }

  enum RefreshFailure: Error { case invalid }

  /// By the code itself; taken out when it is used.
  var codes: [String: Code] = [:]
  var accessTokens: [String: AccessToken] = [:]
  var refreshTokens: [String: RefreshToken] = [:]
  var ownTokens: [String: OwnToken] = [:]
  /// Families whose refresh tokens are dead.
  var revokedFamilies: Set<String> = []

  /// The refresh token's session, after the rules of rotation: within the leeway an exchanged token is still good, after
  /// it the whole family dies.
  mutating func exchange(
    refreshToken: String, now: Timestamp, leeway: Duration
  ) throws(RefreshFailure) -> RefreshToken {
    guard var known = refreshTokens[refreshToken], !revokedFamilies.contains(known.family), now < known.expires
    else { throw .invalid }
    if let exchanged = known.exchanged {
      if now - exchanged > leeway {
        revokedFamilies.insert(known.family)
        throw .invalid
      }
    } else {
      known.exchanged = now
      refreshTokens[refreshToken] = known
    }
    return known
  }

  /// The person takes the app out of their account: every token of theirs is dead at once.
  mutating func revokeAll(of account: AccountID) {
    for token in refreshTokens.values where token.account == account { revokedFamilies.insert(token.family) }
    endAccess(of: account)
  }

  mutating func endAccess(of account: AccountID) {
    accessTokens = accessTokens.filter { $0.value.account != account }
  }
}

extension AuthorizationSessions {
  var snapshot: JSONValue {
    [
      "codes": .array(
        codes.sorted { $0.key < $1.key }.map { token, code in
          [
            "token": .string(token), "account": .string(code.account.rawValue), "scopes": .strings(code.scopes),
            "redirect": .string(code.redirectURI), "expires": .integer(code.expires.milliseconds),
            "challenge": code.challenge.map(JSONValue.string) ?? .null,
          ]
        }),
      "access": .array(
        accessTokens.sorted { $0.key < $1.key }.map { token, access in
          [
            "token": .string(token), "account": .string(access.account.rawValue), "scopes": .strings(access.scopes),
            "family": .string(access.family), "expires": .integer(access.expires.milliseconds),
          ]
        }),
      "refresh": .array(
        refreshTokens.sorted { $0.key < $1.key }.map { token, refresh in
          [
            "token": .string(token), "account": .string(refresh.account.rawValue), "scopes": .strings(refresh.scopes),
            "family": .string(refresh.family), "expires": .integer(refresh.expires.milliseconds),
            "exchanged": refresh.exchanged.map { .integer($0.milliseconds) } ?? .null,
          ]
        }),
      "own": .array(
        ownTokens.sorted { $0.key < $1.key }.map { token, own in
          [
            "token": .string(token), "account": .string(own.account.rawValue), "scoped": .bool(own.isScoped),
            "expires": own.expires.map { .integer($0.milliseconds) } ?? .null,
          ]
        }),
      "revoked": .strings(revokedFamilies.sorted()),
    ]
  }

  init(restoring value: JSONValue) {
    for entry in value["codes"]?.array ?? [] {
      codes[entry.text("token")] = Code(
        account: AccountID(entry.text("account")), scopes: entry.strings("scopes"), redirectURI: entry.text("redirect"),
        expires: entry.time("expires"), challenge: entry["challenge"]?.string)
    }
    for entry in value["access"]?.array ?? [] {
      accessTokens[entry.text("token")] = AccessToken(
        account: AccountID(entry.text("account")), scopes: entry.strings("scopes"), family: entry.text("family"),
        expires: entry.time("expires"))
    }
    for entry in value["refresh"]?.array ?? [] {
      refreshTokens[entry.text("token")] = RefreshToken(
        account: AccountID(entry.text("account")), scopes: entry.strings("scopes"), family: entry.text("family"),
        expires: entry.time("expires"),
        exchanged: entry["exchanged"]?.int.map { Timestamp(milliseconds: $0) })
    }
    for entry in value["own"]?.array ?? [] {
      ownTokens[entry.text("token")] = OwnToken(
        account: AccountID(entry.text("account")), isScoped: entry["scoped"]?.bool ?? false,
        expires: entry["expires"]?.int.map { Timestamp(milliseconds: $0) })
    }
    revokedFamilies = Set(value.strings("revoked"))
  }
}

/// Reading our own snapshots: what is missing is empty.
extension JSONValue {
  static func strings(_ items: some Sequence<String>) -> JSONValue { .array(items.map { .string($0) }) }

  func text(_ key: String) -> String { self[key]?.string ?? "" }
  func strings(_ key: String) -> [String] { self[key]?.array?.compactMap(\.string) ?? [] }
  func integer(_ key: String) -> Int { Int(self[key]?.int ?? 0) }
  func time(_ key: String) -> Timestamp { Timestamp(milliseconds: self[key]?.int ?? 0) }
}
