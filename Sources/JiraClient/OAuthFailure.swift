import JSON
package import Wire

/// Why Atlassian gave no token. Carries no token, code or secret.
package enum OAuthFailure: Error, Hashable, Sendable {
  /// The refresh token is dead: the person must consent again.
  case refused
  /// Our client id or secret is wrong: a matter for the operator, not for the person.
  case clientRejected
  /// The authorization code is wrong, used or older than five minutes.
  case codeInvalid
  /// It may work later: 5xx, 429, no network, an answer that cannot be read.
  case passing(String)

  /// What was exchanged.
  package enum Exchange: String, Hashable, Sendable, CaseIterable { case code, refresh }

  /// The class of an answer that is no success, by its `error` first: statuses have changed before.
  package init(_ response: WireResponse, _ exchange: Exchange) {
    let body = try? JSONReader.read(response.body)
    let words = body?["error_description"]?.string?.lowercased() ?? ""
    switch (body?["error"]?.string, exchange) {
    case ("access_denied", _), ("invalid_client", _): self = .clientRejected
    case ("invalid_grant", .refresh): self = .refused
    case ("invalid_grant", .code): self = .codeInvalid
    case ("unauthorized_client", .refresh):
      self = words.contains("refresh_token") ? .refused : .clientRejected
    case ("unauthorized_client", .code):
      self = words.contains("code") ? .codeInvalid : .clientRejected
    case (_, .code) where words.contains("authorization_code is invalid"): self = .codeInvalid
    default: self = .passing("Atlassian answered \(response.status)")
    }
  }
}
