package import SyncModel

/// The life of one outgoing operation. Pure: the store applies the transition that this returns.
package struct OperationLifecycle: Sendable {
  /// Where an operation stands.
  package enum State: String, Hashable, Sendable, CaseIterable {
    /// Planned and committed; will be claimed when nothing that it depends on is unfinished.
    case ready
    /// Claimed by one worker under an attempt number; a crash leaves it here, and whoever starts next takes it over.
    case running
    /// The answer was lost: before anything is sent again, the far side is asked whether it happened.
    case verifying
    /// Failed for a passing reason; due again at a time.
    case waiting
    /// Waits for a person: to connect, to reconnect, to be given a permission.
    case held
    case done
    /// Left out on purpose: overtaken by a later change, or the mapping says skip.
    case skipped
    /// Cannot succeed as it stands; kept whole and retryable.
    case dead
  }

  package enum Transition: Hashable, Sendable {
    case done(Receipt)
    case tryAgain(at: Timestamp)
    /// The grant's access token is refused: refresh it, then try again.
    case refreshGrant
    /// What the limit concerns waits until then, and nothing else.
    case pace(RateLimitLevel, until: Timestamp)
    /// Outcome unknown: look before you repeat.
    case verify(at: Timestamp)
    case hold(HoldReason)
    case bury
    /// A look showed that it did not happen: sending it now makes the first one.
    case sendAgain
    /// Jira names fields that it refuses: they become a dead letter of their own and the rest is sent.
    case leaveBehind([FieldKey: String])
    /// Left out on purpose: overtaken, or the mapping says so.
    case skip
    /// A shutdown: not the operation's fault, so the attempt does not count.
    case handBack
  }

  /// What a held operation waits for.
  package enum HoldReason: String, Hashable, Sendable, CaseIterable {
    /// The acting user has never connected.
    case grant
    /// The acting user must connect again.
    case reconnect
    /// The acting user lacks a permission in Jira.
    case permission
    /// The CRM did not say who acted.
    case anonymous
    /// The issue is the case's no more, and the case's next change makes the one that this goes to.
    case issue
  }

  package typealias RateLimitLevel = CallFailure.RateLimit.Level

  package var retry: RetryPolicy
  /// The first look after a lost answer; later ones follow ``retry``.
  package var firstLook: Duration

  package init(retry: RetryPolicy = RetryPolicy(), firstLook: Duration = .seconds(1)) {
    self.retry = retry
    self.firstLook = firstLook
  }

  /// What follows from an answer.
  ///
  /// - Parameters:
  ///   - call: what was attempted.
  ///   - attempt: how many attempts have been made, this one included, since somebody had it tried again.
  ///   - hasRefreshed: whether this attempt already used a freshly refreshed token.
  package func next(
    _ call: RemoteCall, after outcome: CallOutcome, attempt: Int, hasRefreshed: Bool, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) -> Transition {
    switch outcome {
    case .success(let receipt): return .done(receipt)
    case .failure(let failure):
      let later = now + retry.delay(after: attempt, using: &random)
      switch failure {
      case .unreachable: return .tryAgain(at: later)
      case .unknown(_, let pause):
        let pause = pause ?? .zero
        return call.isRepeatable
          ? .tryAgain(at: max(later, now + pause)) : .verify(at: now + max(firstLook, pause))
      case .unavailable(_, let pause): return .tryAgain(at: max(later, now + (pause ?? .zero)))
      case .rateLimited(let limit): return .pace(limit.level, until: limit.end(now: now))
      case .unauthorised where call.kind.side == .crm: return .pace(.site, until: now + Self.credentialsPause)
      case .unauthorised: return hasRefreshed ? .hold(.reconnect) : .refreshGrant
      case .scopeMissing: return .hold(.reconnect)
      case .forbidden: return call.kind.side == .jira ? .hold(.permission) : .bury
      case .appForbidden: return .bury
      case .notFound: return .bury
      case .gone: return .bury
      case .conflict: return attempt < Self.patience ? .tryAgain(at: later) : .bury
      case .rejected(_, let named):
        let refused = call.refused(of: named)
        return refused.isEmpty || !call.canDo(without: Set(refused.keys)) ? .bury : .leaveBehind(refused)
      case .tooLarge: return .bury
      case .misconfigured: return .bury
      case .unsupported: return .bury
      case .redirected: return attempt < Self.patience ? .tryAgain(at: later) : .bury
      case .noGrant: return .hold(.grant)
      case .unreadable: return attempt < Self.longPatience ? .tryAgain(at: later) : .bury
      }
    }
  }

  /// How many attempts are made where the far side did answer: about a quarter of an hour, with the usual ``retry``.
  package static let patience = 10
  /// The same where the answer may be a page that stands before the far side for a while: some two hours and a half.
  static let longPatience = 20
  /// When the CRM refuses the API user's credentials, nothing is sent to it for so long: it may lock that user out.
  static let credentialsPause: Duration = .seconds(60)

  /// What follows from a look at the far side for an operation whose answer was lost.
  ///
  /// - Parameters:
  ///   - found: what the look found; nil: nothing, so far.
  ///   - firstSent: when the operation was first sent.
  ///   - patience: how long the far side may take to show what it did; only then is anything sent again.
  package func next(
    afterLooking found: Receipt?, firstSent: Timestamp, patience: Duration, attempt: Int, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) -> AfterLooking {
    if let found { return .done(found) }
    let end = firstSent + patience
    if now >= end { return .repeat }
    return .lookAgain(at: min(now + retry.delay(after: attempt, using: &random), end))
  }

  /// What follows from a look that failed: whether the operation happened is as unknown as before, unless its record is
  /// gone, and then nobody will ever know.
  ///
  /// - Parameters as in ``next(_:after:attempt:hasRefreshed:now:using:)``.
  package func next(
    _ call: RemoteCall, afterFailedLook failure: CallFailure, attempt: Int, hasRefreshed: Bool, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) -> Transition {
    let later = now + retry.delay(after: attempt, using: &random)
    switch failure {
    case .unreachable, .unknown, .conflict, .rejected, .tooLarge, .misconfigured, .unsupported, .redirected,
      .unreadable, .appForbidden:
      return .verify(at: later)
    case .unavailable(_, let retryAfter): return .verify(at: max(later, now + (retryAfter ?? .zero)))
    case .rateLimited(let limit): return .pace(limit.level, until: limit.end(now: now))
    case .unauthorised where call.kind.side == .crm: return .pace(.site, until: now + Self.credentialsPause)
    case .unauthorised: return hasRefreshed ? .hold(.reconnect) : .refreshGrant
    case .scopeMissing: return .hold(.reconnect)
    case .forbidden: return call.kind.side == .jira ? .hold(.permission) : .verify(at: later)
    case .noGrant: return .hold(.grant)
    case .notFound, .gone: return .bury
    }
  }

  package enum AfterLooking: Hashable, Sendable {
    case done(Receipt)
    case lookAgain(at: Timestamp)
    /// It did not happen: sending it now makes the first one.
    case `repeat`
  }
}

extension RemoteCall {
  /// Doing it twice is doing it once, whatever happened in between. What people change in Jira as well is not: they may
  /// have put it back meanwhile, and then it would be done over their heads.
  package var isRepeatable: Bool { kind.isRepeatable && (kind.side == .crm || lookedForIn.isEmpty) }

  /// The fields in whose changelog an edit or a transition is looked for after a lost answer. People move an issue whose
  /// status only follows the case's, too, or was closed because the case was deleted.
  package var lookedForIn: Set<FieldKey> {
    if case .transitionIssue = self { ["status"] } else { twoWayFields }
  }

  package var fieldKeys: Set<FieldKey> {
    switch self {
    case .createIssue(let creation): Set(creation.fields.map(\.key))
    case .editIssue(let edit): Set(edit.fields.map(\.key))
    case .transitionIssue, .addComment, .editComment, .deleteComment, .addAttachment, .addRemoteLink, .deleteIssue,
      .writeCase, .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
      []
    }
  }

  /// Those of the fields that a far side names which this call carries.
  package func refused(of named: [String: String]) -> [FieldKey: String] {
    let own = fieldKeys
    return named.reduce(into: [:]) { result, pair in
      if own.contains(FieldKey(pair.key)) { result[FieldKey(pair.key)] = pair.value }
    }
  }

  /// The call without some of its fields; a create without its summary, and an edit of nothing, are none.
  package func leaving(_ keys: Set<FieldKey>) -> RemoteCall? {
    switch self {
    case .createIssue(var creation):
      guard !keys.contains("summary") else { return nil }
      creation.fields.removeAll { keys.contains($0.key) }
      return .createIssue(creation)
    case .editIssue(var edit):
      edit.fields.removeAll { keys.contains($0.key) }
      return edit.fields.isEmpty ? nil : .editIssue(edit)
    case .transitionIssue, .addComment, .editComment, .deleteComment, .addAttachment, .addRemoteLink, .deleteIssue,
      .writeCase, .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
      return nil
    }
  }

  fileprivate func canDo(without keys: Set<FieldKey>) -> Bool { leaving(keys) != nil }
}
