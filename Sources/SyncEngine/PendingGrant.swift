import JSON
import SyncCore
import SyncModel

/// A grant between Atlassian's answer and the person's confirmation; sealed whole while it waits.
struct PendingGrant {
  var kind = GrantKind.oauth
  var account: AccountID
  var accountName: String
  var accountEmail: String?
  var timeZone: String?
  var cloudID: String
  var scopes: [String]
  var access: Secret
  var refresh: Secret?
  var expiresAt: Timestamp

  /// Whether the account's e-mail is known and is this one; case does not count.
  func hasEmail(_ email: String?) -> Bool {
    guard let email, let accountEmail else { return false }
    return email.lowercased() == accountEmail.lowercased()
  }
}

extension PendingGrant {
  /// The form that is sealed; it holds tokens and exists in memory only.
  var json: JSONValue {
    [
      "kind": .string(kind.rawValue), "account": .string(account.rawValue), "accountName": .string(accountName),
      "accountEmail": accountEmail.map(JSONValue.string) ?? .null,
      "timeZone": timeZone.map(JSONValue.string) ?? .null, "cloudID": .string(cloudID),
      "scopes": .array(scopes.map(JSONValue.string)), "access": .string(access.reveal()),
      "refresh": refresh.map { .string($0.reveal()) } ?? .null, "expiresAt": .integer(expiresAt.milliseconds),
    ]
  }

  init?(json: JSONValue) {
    guard let account = json["account"]?.string, let accountName = json["accountName"]?.string,
      let cloudID = json["cloudID"]?.string, let access = json["access"]?.string,
      let expiresAt = json["expiresAt"]?.int
    else { return nil }
    self.init(
      account: AccountID(account), accountName: accountName, accountEmail: json["accountEmail"]?.string,
      timeZone: json["timeZone"]?.string, cloudID: cloudID, scopes: json["scopes"]?.array?.compactMap(\.string) ?? [],
      access: Secret(access), refresh: json["refresh"]?.string.map { Secret($0) },
      expiresAt: Timestamp(milliseconds: expiresAt))
    kind = json["kind"]?.string.flatMap(GrantKind.init(rawValue:)) ?? .oauth
  }
}
