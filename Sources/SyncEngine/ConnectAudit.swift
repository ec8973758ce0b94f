import Crypto
import Logging
package import SyncModel
import SyncStore
import Synchronization

import struct FoundationEssentials.Data

/// One line in the log for each step that somebody takes, or tries to take, on the way to a grant or out of one.
///
/// A line tells the step, what came of it, the connection, and the CRM user only where a genuine link named them; never a
/// state, a code, a signature, a token or an e-mail address. Everybody on the network can cause refusals, so of each kind
/// only so many are written a minute, and the next line tells how many were not; all are counted.
package final class ConnectAudit: Sendable {
  package enum Step: String, Hashable, Sendable {
    case link, callback, token, confirm, disconnect
    case ownPage = "own-page"
  }

  /// Whose step it is, as far as it is known.
  struct Trail: Hashable, Sendable {
    var step: Step
    var connection: ConnectionName?
    var user: CRMUserID?

    /// From here on it is the attempt that somebody began with a genuine link.
    mutating func follow(_ authorization: Authorization) {
      connection = authorization.connection
      user = authorization.user.id
    }
  }

  /// Lines a minute of one kind: what somebody with a genuine link caused has a share of its own.
  static let linesPerMinute = 30

  private struct Kind: Hashable {
    var outcome: String
    var isKnown: Bool
  }

  private struct Tally {
    var began: Timestamp
    var written = 0
    var withheld = 0
    var total = 0
  }

  private let tallies = Mutex<[Kind: Tally]>([:])

  /// How often each thing came of a step since the start, by its name.
  package var counts: [(outcome: String, count: Int)] {
    let totals = tallies.withLock { tallies in
      tallies.reduce(into: [String: Int]()) { $0[$1.key.outcome, default: 0] += $1.value.total }
    }
    return totals.sorted { $0.key < $1.key }.map { (outcome: $0.key, count: $0.value) }
  }

  /// What is not in order before it says whose it is.
  package func refuse(_ problem: ConnectFlow.Problem, at step: Step, now: Timestamp) {
    write(Trail(step: step), .problem(problem), now: now)
  }

  package func disconnected(_ link: SignedLink, existed: Bool, now: Timestamp) {
    let trail = Trail(step: .disconnect, connection: link.connection, user: link.user.id)
    write(trail, outcome: existed ? "disconnected" : "notConnected", level: .info, now: now)
  }

  func write(_ trail: Trail, _ step: ConnectFlow.Step, now: Timestamp) {
    switch step {
    case .enter(let form, _):
      write(trail, outcome: form.refusal == nil ? "askedForToken" : "tokenRefused", level: .info, now: now)
    case .authorize: write(trail, outcome: "sentToAtlassian", level: .info, now: now)
    case .confirm(let asked):
      write(trail, outcome: asked.sharedWith == nil ? "allowed" : "allowedShared", level: .info, now: now)
    case .connected: write(trail, outcome: "connected", level: .info, now: now)
    case .problem(let problem):
      write(trail, outcome: problem.name, level: problem.isForSomebodyToMend ? .warning : .info, now: now)
    }
  }

  private func write(_ trail: Trail, outcome: String, level: Logger.Level, now: Timestamp) {
    guard let withheld = turn(Kind(outcome: outcome, isKnown: trail.user != nil), now: now) else { return }
    var facts: Logger.Metadata = ["connect.step": "\(trail.step.rawValue)", "connect.outcome": "\(outcome)"]
    if let connection = trail.connection { facts["connection"] = "\(connection)" }
    if let user = trail.user { facts["crm.user"] = "\(Self.printed(user))" }
    if withheld > 0 { facts["connect.withheld"] = "\(withheld)" }
    Logger.current.log(level: level, "A step of connecting", metadata: facts)
  }

  /// Counts one.
  ///
  /// - Returns: nil when no more of the kind are written for now, otherwise how many were not written before this one.
  private func turn(_ kind: Kind, now: Timestamp) -> Int? {
    tallies.withLock { tallies in
      var tally = tallies[kind] ?? Tally(began: now)
      defer { tallies[kind] = tally }
      tally.total += 1
      // A clock that was set back ends a minute, too.
      if now - tally.began >= .seconds(60) || now < tally.began {
        tally.began = now
        tally.written = 0
      }
      guard tally.written < Self.linesPerMinute else {
        tally.withheld += 1
        return nil
      }
      tally.written += 1
      defer { tally.withheld = 0 }
      return tally.withheld
    }
  }

  /// An id as the CRM gave it; one that is an e-mail address is told apart from others by its digest, and not shown.
  private static func printed(_ user: CRMUserID) -> String {
    guard user.rawValue.contains("@") else { return user.rawValue }
    let digest = SHA256.hash(data: Data(user.rawValue.utf8)).prefix(6)
    return "sha256:" + digest.hexadecimal
  }
}

extension ConnectFlow.Problem {
  /// For logs and figures.
  package var name: String {
    switch self {
    case .unknownConnection: "unknownConnection"
    case .linkMalformed: "linkMalformed"
    case .linkExpired: "linkExpired"
    case .linkForged: "linkForged"
    case .linkTaken: "linkTaken"
    case .noApp: "noApp"
    case .answerMalformed: "answerMalformed"
    case .stateUnknown: "stateUnknown"
    case .stateExpired: "stateExpired"
    case .stateUsed: "stateUsed"
    case .otherBrowser: "otherBrowser"
    case .cookieMissing: "cookieMissing"
    case .denied: "denied"
    case .codeRefused: "codeRefused"
    case .appRefused: "appRefused"
    case .atlassianUnavailable: "atlassianUnavailable"
    case .siteMissing: "siteMissing"
    case .scopesMissing: "scopesMissing"
    case .emailDiffers: "emailDiffers"
    case .damaged: "damaged"
    case .unavailable: "unavailable"
    }
  }

  /// The person can do nothing about it, or somebody may be trying something.
  fileprivate var isForSomebodyToMend: Bool {
    switch self {
    case .linkForged, .linkTaken, .otherBrowser, .noApp, .appRefused, .scopesMissing, .damaged, .unavailable: true
    case .unknownConnection, .linkMalformed, .linkExpired, .answerMalformed, .stateUnknown, .stateExpired, .stateUsed,
      .cookieMissing, .denied, .codeRefused, .atlassianUnavailable, .siteMissing, .emailDiffers:
      false
    }
  }
}
