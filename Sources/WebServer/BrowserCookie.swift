import Hummingbird
import SyncEngine
import SyncModel

/// Tells one browser from another on the way to a grant; it says nothing of who sits before it.
struct BrowserCookie: Sendable {
  let isHTTPS: Bool

  /// The prefix keeps other hosts, and pages without TLS, from setting it.
  private var name: String { isHTTPS ? "__Host-counterpart-connect" : "counterpart-connect" }

  /// Empty where there is none.
  func value(of request: Request) -> Secret { Secret(request.cookies[name]?.value ?? "") }

  /// It lives as long as the longest link that belongs to it.
  func cookie(_ value: Secret) -> Cookie {
    Cookie(
      name: name, value: value.reveal(), maxAge: Int(SignedLink.longestValidity.components.seconds), path: "/",
      secure: isHTTPS, httpOnly: true, sameSite: .lax)
  }
}
