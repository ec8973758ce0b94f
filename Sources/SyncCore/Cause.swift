package import SyncModel

/// Why something does not go on by itself, without the ids of a case, an issue or an operation: what has the same cause
/// is mended at the same place by the same person, and is shown, retried and given up together.
package struct Cause: Hashable, Sendable {
  /// What must change. Each has its own words in ``Standing``.
  package enum Reason: String, Hashable, Sendable, CaseIterable {
    // A person is waited for.
    case grant, reconnect, scope, permission, anonymous
    /// The case's next issue is waited for.
    case issue
    /// The service user, who is to stand in, has not connected, or is not named.
    case service
    /// A field went back and forth until it was stopped.
    case frozen
    // A far side refuses.
    case fieldRefused = "field-refused"
    case fieldRequired = "field-required"
    case refused
    case forbidden
    case appForbidden = "app-forbidden"
    case notFound = "not-found"
    /// Its answer was lost, and the issue that may have it is the case's no more.
    case formerIssue = "former-issue"
    case gone, conflict
    case tooLarge = "too-large"
    case misconfigured, unsupported, redirected, unreadable
    /// The row cannot be read back.
    case damaged
    /// An event that the mappings or the profile can make nothing of.
    case unplannable
  }

  /// What stands still: an operation's kind, or `event`.
  package var subject: String
  package var reason: Reason
  /// What tells this from others of its reason: field and mapping line, or connection and person; never free text.
  package var details: [String]

  package init(_ subject: String, _ reason: Reason, _ details: [String] = []) {
    self.subject = subject
    self.reason = reason
    self.details = details
  }
}

extension Cause {
  /// `edit-issue/field-refused/priority/support.xml:5:3`: how it is stored, named on the command line and in addresses.
  package var text: String { ([subject, reason.rawValue] + details).map(Self.escaped).joined(separator: "/") }

  package init?(text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(Self.unescaped)
    guard parts.count >= 2, let reason = Reason(rawValue: parts[1]) else { return nil }
    self.init(parts[0], reason, Array(parts.dropFirst(2)))
  }

  private static func escaped(_ part: String) -> String {
    var result = ""
    for scalar in part.unicodeScalars.prefix(120) {
      switch scalar {
      case "%": result += "%25"
      case "/": result += "%2F"
      case " ": result += "%20"
      default: result.unicodeScalars.append(scalar.value < 0x20 ? "_" : scalar)
      }
    }
    return result
  }

  private static func unescaped(_ part: Substring) -> String {
    let escapes = [("%20", " "), ("%2F", "/"), ("%25", "%")]
    return escapes.reduce(String(part)) { text, escape in
      text.split(separator: escape.0, omittingEmptySubsequences: false).joined(separator: escape.1)
    }
  }
}

extension Cause {
  /// Why a call is held or dead after this failure.
  ///
  /// - Parameter place: the mapping's place for what the call does, where it is not one of the call's fields.
  package init(_ failure: CallFailure, of call: RemoteCall, place: String?) {
    let kind = call.kind.rawValue
    let target: [String] = if case .transitionIssue(let change) = call { [change.status] } else { [] }
    let here = target + [place].compactMap { $0 }
    switch failure {
    case .rejected(_, let named):
      let own = call.refused(of: named)
      if let write = call.fieldWrites.first(where: { own[$0.key] != nil }) {
        self.init(kind, .fieldRefused, [write.key.rawValue, write.place])
      } else if let foreign = named.keys.min() {
        self.init(kind, .fieldRequired, [foreign] + here)
      } else {
        self.init(kind, .refused, here + call.fieldWrites.map(\.place).prefix(1))
      }
    case .forbidden: self.init(kind, .forbidden)
    case .appForbidden: self.init(kind, .appForbidden)
    case .notFound: self.init(kind, .notFound)
    case .gone: self.init(kind, .gone)
    case .conflict: self.init(kind, .conflict)
    case .tooLarge: self.init(kind, .tooLarge)
    case .misconfigured: self.init(kind, .misconfigured, here)
    case .unsupported: self.init(kind, .unsupported)
    case .redirected: self.init(kind, .redirected)
    case .unreadable: self.init(kind, .unreadable)
    // These wait, and end by themselves or as a hold, which has its own cause.
    case .unreachable, .unknown, .unavailable, .rateLimited, .unauthorised, .scopeMissing, .noGrant:
      self.init(kind, .refused)
    }
  }

  /// Why something is held.
  package init(
    held reason: OperationLifecycle.HoldReason, for actor: CRMUser?, kind: RemoteCall.Kind, connection: ConnectionName
  ) {
    let who = [connection.rawValue] + [actor?.id.rawValue].compactMap { $0 }
    switch reason {
    // Whatever it is that waits for a connection, one person ends the wait for all of it.
    case .grant: self.init("person", .grant, who)
    case .reconnect: self.init("person", .reconnect, who)
    case .permission: self.init(kind.rawValue, .permission, who)
    case .anonymous: self.init(kind.rawValue, .anonymous, [connection.rawValue])
    case .issue: self.init(kind.rawValue, .issue, [connection.rawValue])
    }
  }

  /// Why an event cannot be planned: its reason without the numbers in it, which differ from event to event.
  package init(event reason: String) {
    var words = ""
    for scalar in reason.unicodeScalars {
      if (0x30...0x39).contains(scalar.value) {
        if words.last != "#" { words += "#" }
      } else {
        words.unicodeScalars.append(scalar)
      }
    }
    self.init("event", .unplannable, [words])
  }
}

extension RemoteCall {
  /// What the call writes field by field, in its order.
  package var fieldWrites: [FieldWrite] {
    switch self {
    case .createIssue(let creation): creation.fields
    case .editIssue(let edit): edit.fields
    case .writeCase(let edit): edit.fields + [edit.status].compactMap { $0 }
    case .transitionIssue, .addComment, .editComment, .deleteComment, .addAttachment, .addRemoteLink, .deleteIssue,
      .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
      []
    }
  }
}
