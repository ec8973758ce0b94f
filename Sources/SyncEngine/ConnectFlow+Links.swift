import MappingLanguage
package import SyncModel
import SyncStore

/// Links and states: whether they are good, for whom, and why not.
extension ConnectFlow {
  /// Verifies a signed link without starting anything: for the user's own page.
  package func open(
    connection: ConnectionName, query: [(name: String, value: String)], browser: Secret, now: Timestamp,
    for step: ConnectAudit.Step, using random: inout some RandomNumberGenerator
  ) async -> Result<OpenedLink, Problem> {
    var trail = trail(step, connection)
    let result = await open(query, browser: browser, now: now, trail: &trail, as: connection, using: &random)
    if case .failure(let problem) = result { audit.write(trail, .problem(problem), now: now) }
    return result
  }

  /// A link works in the browser that opens it first, and in no other: one that is passed on, or read in a log, opens
  /// nothing.
  func open(
    _ query: [(name: String, value: String)], browser: Secret, now: Timestamp, trail: inout ConnectAudit.Trail,
    as connection: ConnectionName, using random: inout some RandomNumberGenerator
  ) async -> Result<OpenedLink, Problem> {
    let link: SignedLink
    switch verify(connection: connection, query: query, now: now) {
    case .failure(let problem): return .failure(problem)
    case .success(let verified): link = verified
    }
    trail.user = link.user.id
    let browser = Self.isToken(browser) ? browser : Self.token(using: &random)
    do {
      let isOurs = try await services.store.open(
        linkDigest: link.digest, browserHash: Self.hash(browser), expiresAt: link.expires, now: now)
      return isOurs ? .success(OpenedLink(link: link, browser: browser)) : .failure(.linkTaken)
    } catch { return .failure(.unavailable) }
  }

  private func verify(
    connection: ConnectionName, query: [(name: String, value: String)], now: Timestamp
  ) -> Result<SignedLink, Problem> {
    let installation = services.live.current
    guard installation.mappings.connections[connection] != nil else { return .failure(.unknownConnection) }
    do throws(SignedLink.Problem) {
      return .success(
        try SignedLink(
          connection: connection, query: query, secrets: installation.secrets(connection, "connect"), now: now))
    } catch {
      switch error {
      case .malformed: return .failure(.linkMalformed)
      case .expired: return .failure(.linkExpired)
      case .forged: return .failure(.linkForged)
      }
    }
  }

  /// Uses up a state, in the browser that it was given to.
  func use(
    _ state: Secret, browser: Secret, now: Timestamp, trail: inout ConnectAudit.Trail
  ) async -> Result<Authorization, Problem> {
    do {
      let used = try await services.store.use(
        stateHash: Self.hash(state), browserHash: Self.hash(browser), now: now)
      guard let used else { return .failure(try await reason(state, browser: browser, now: now, trail: &trail)) }
      trail.follow(used)
      return .success(used)
    } catch { return .failure(.unavailable) }
  }

  /// Why nothing was found that a state and a browser could go on with.
  func reason(
    _ state: Secret, browser: Secret, now: Timestamp, trail: inout ConnectAudit.Trail
  ) async throws -> Problem {
    guard let known = try await services.store.authorization(stateHash: Self.hash(state)) else { return .stateUnknown }
    trail.follow(known)
    guard known.browserHash == Self.hash(browser) else {
      return browser.reveal().isEmpty ? .cookieMissing : .otherBrowser
    }
    guard known.expiresAt > now else { return .stateExpired }
    return known.isUsed ? .stateUsed : .stateUnknown
  }

  /// An unknown connection's name is anybody's text, so it is not told.
  func trail(_ step: ConnectAudit.Step, _ connection: ConnectionName) -> ConnectAudit.Trail {
    let isKnown = services.live.current.mappings.connections[connection] != nil
    return ConnectAudit.Trail(step: step, connection: isKnown ? connection : nil)
  }

  private static func isToken(_ secret: Secret) -> Bool {
    let text = secret.reveal().utf8
    return text.count == 64 && text.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}
