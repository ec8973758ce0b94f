import Crypto
import SyncModel
import Synchronization

/// Somebody who may see and change everything.
struct AdminSession: Hashable, Sendable {
  /// Goes into every form and must come back with it.
  var csrf: Secret
  var expires: Timestamp
  /// The sandbox, where nobody signs in.
  var isOpen: Bool
}

/// Who is signed in, in memory: a restart signs everybody out, and a copy of the database signs nobody in.
///
/// Sessions are known by the hash of their cookie, so that looking one up tells nothing about another by its timing.
final class AdminSessions: Sendable {
  static let validity: Duration = .seconds(12 * 3600)
  static let limit = 100

  private let adminToken: Secret?
  private let key = SymmetricKey(size: .bits256)
  private let sessions = Mutex<[[UInt8]: AdminSession]>([:])
  private let sandbox: AdminSession?
  let attempts = SignInAttempts()

  init(adminToken: Secret?, isSandbox: Bool) {
    let token = adminToken.flatMap { $0.isEmpty ? nil : $0 }
    self.adminToken = token
    sandbox =
      token == nil && isSandbox
      ? AdminSession(csrf: Self.randomToken(), expires: Timestamp(milliseconds: .max), isOpen: true) : nil
  }

  /// Whether anybody can get in at all.
  var canSignIn: Bool { adminToken != nil || sandbox != nil }

  /// Whether this is the admin token; in constant time, whatever the lengths.
  func isAdminToken(_ given: String) -> Bool {
    guard let adminToken else { return false }
    let code = HMAC<SHA256>.authenticationCode(for: Array(adminToken.reveal().utf8), using: key)
    return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(given.utf8), using: key)
  }

  /// Opens a session; the oldest makes room when there are too many.
  ///
  /// - Returns: the cookie's value.
  func open(now: Timestamp) -> Secret {
    let cookie = Self.randomToken()
    let session = AdminSession(csrf: Self.randomToken(), expires: now + Self.validity, isOpen: false)
    sessions.withLock { sessions in
      sessions = sessions.filter { $0.value.expires > now }
      if sessions.count >= Self.limit, let oldest = sessions.min(by: { $0.value.expires < $1.value.expires })?.key {
        sessions[oldest] = nil
      }
      sessions[Self.hash(cookie)] = session
    }
    return cookie
  }

  func session(cookie: Secret?, now: Timestamp) -> AdminSession? {
    if let sandbox { return sandbox }
    guard let cookie else { return nil }
    return sessions.withLock { $0[Self.hash(cookie)] }.flatMap { $0.expires > now ? $0 : nil }
  }

  func close(cookie: Secret) { sessions.withLock { $0[Self.hash(cookie)] = nil } }

  /// Whether a form brought its session's token.
  func isGenuine(_ given: String?, in session: AdminSession) -> Bool {
    let code = HMAC<SHA256>.authenticationCode(for: Array(session.csrf.reveal().utf8), using: key)
    return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array((given ?? "").utf8), using: key)
  }

  private static func hash(_ cookie: Secret) -> [UInt8] { Array(SHA256.hash(data: Array(cookie.reveal().utf8))) }

  private static func randomToken() -> Secret {
    Secret(
      SymmetricKey(size: .bits256).withUnsafeBytes { bytes in
        bytes.hexadecimal
      })
  }
}
