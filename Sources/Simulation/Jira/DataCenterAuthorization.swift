import Crypto
import JSON
import SyncModel
import Wire

import struct FoundationEssentials.Data

/// Jira Data Center's own OAuth 2.0 provider: a form instead of JSON, PKCE, codes of ten seconds, and the callback's
/// address compared also with a refresh.
extension JiraWorld {
  static let serverScopes = ["READ", "WRITE", "ADMIN", "SYSTEM_ADMIN"]

  /// What is wrong with the address that a browser was sent to; nil: nothing.
  func serverProblem(inAuthorization query: [(name: String, value: String)]) -> String? {
    let asked = (query.value("scope") ?? "").split(separator: " ").map(String.init)
    guard !asked.isEmpty, asked.allSatisfy({ ["READ", "WRITE"].contains($0) }) else {
      return "The client does not have these scopes."
    }
    guard query.value("code_challenge_method") == "S256", query.value("code_challenge")?.utf8.count == 43 else {
      return "A code challenge (S256) is required."
    }
    return nil
  }

  /// `POST /rest/oauth2/latest/token`.
  mutating func serverToken(_ request: WireRequest, now: Timestamp) throws(Refusal) -> WireResponse {
    guard request.header("Content-Type") == "application/x-www-form-urlencoded" else {
      throw serverRefusal(400, "invalid_request")
    }
    let form = request.form
    guard form.value("client_id") == configuration.clientID,
      form.value("client_secret") == configuration.clientSecret.reveal()
    else { throw serverRefusal(401, "invalid_client") }
    switch form.value("grant_type") {
    case "authorization_code":
      // Gone with the first attempt, whatever comes of it.
      guard let code = sessions.codes.removeValue(forKey: form.value("code") ?? ""), now < code.expires,
        form.value("redirect_uri") == code.redirectURI,
        code.challenge == Self.challenge(form.value("code_verifier") ?? "")
      else { throw serverRefusal(400, "invalid_grant") }
      return tokens(account: code.account, scopes: code.scopes, family: random.token(), now: now)
    case "refresh_token":
      guard form.value("redirect_uri") == configuration.redirectURI else { throw serverRefusal(400, "invalid_grant") }
      let known: AuthorizationSessions.RefreshToken
      do throws(AuthorizationSessions.RefreshFailure) {
        known = try sessions.exchange(
          refreshToken: form.value("refresh_token") ?? "", now: now, leeway: .zero)
      } catch { throw serverRefusal(400, "invalid_grant") }
      return tokens(account: known.account, scopes: known.scopes, family: known.family, now: now)
    default: throw serverRefusal(400, "unsupported_grant_type")
    }
  }

  private static func challenge(_ verifier: String) -> String {
    String(
      Data(SHA256.hash(data: Data(verifier.utf8))).base64EncodedString().filter { $0 != "=" }
        .map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
  }

  private func serverRefusal(_ status: Int, _ error: String) -> Refusal {
    Refusal(.json(status, ["error": .string(error)], contentType: "application/json"))
  }
}
