import CRMClient
import JiraClient
import SyncCore
import SyncModel
import SyncStore
import Wire

/// A file goes from Jira's answer straight into the CRM's request; it is never held here.
extension CRMPerformance {
  /// Where files of issues are read: with the service user's grant, as everything that a run finds.
  struct Files: Sendable {
    var jira: JiraSystem
    var token: Secret
  }

  func stream(
    _ attachment: CaseAttachmentAddition, _ operation: ClaimedOperation, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) async -> Settlement {
    guard let files else {
      return Settlement(
        transition: .tryAgain(at: now + .seconds(60)),
        reason: "waits for the service user, as whom the file is read in Jira")
    }
    let boundary = "counterpart" + String(random.next(), radix: 16) + String(random.next(), radix: 16)
    let source = files.jira.content(of: attachment.jiraAttachment, name: attachment.name, token: files.token)
    let outcome: CallOutcome
    switch await crm.attach(attachment, from: source, boundary: boundary, case: operation.caseID) {
    case .outcome(let answered): outcome = answered
    case .noContent(let failure): outcome = .failure(Self.ofContent(JiraFailures.failure(failure, .read), now))
    case .refused(let response): outcome = .failure(Self.ofContent(JiraFailures.failure(response, .read), now))
    }
    return settlement(outcome, operation.call, operation, now: now, using: &random)
  }

  /// What Jira's refusal means for an operation in the CRM: nothing was sent there.
  private static func ofContent(_ failure: CallFailure, _ now: Timestamp) -> CallFailure {
    let fetching = "fetching the file from Jira: "
    switch failure {
    case .unreachable(let reason): return .unreachable(fetching + reason)
    case .rateLimited(let limit): return .unavailable("\(limit)", retryAfter: limit.end(now: now) - now)
    case .unauthorised, .noGrant:
      return .unavailable("Jira refuses the service user's token", retryAfter: .seconds(60))
    case .notFound, .gone: return .rejected("Jira does not show the file any more", fields: [:])
    case .forbidden, .appForbidden, .scopeMissing, .rejected, .tooLarge, .misconfigured, .unsupported:
      return .rejected(fetching + "\(failure)", fields: [:])
    case .unavailable(let reason, let pause): return .unavailable(fetching + reason, retryAfter: pause)
    case .unknown, .conflict, .unreadable, .redirected: return .unavailable(fetching + "\(failure)", retryAfter: nil)
    }
  }

  /// Looks among the case's files for one of this name and size that is not known as another's copy, or its original.
  func look(
    for attachment: CaseAttachmentAddition, _ operation: ClaimedOperation, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) async -> Settlement {
    switch await crm.attachments(of: operation.caseID) {
    case .failure(let failure): return lookFailed(failure, "file", operation, now: now, using: &random)
    case .success(let files):
      let found = files.first { file in
        file.name == attachment.name && (file.size == nil || file.size == attachment.size)
          && !operation.knownAttachments.contains(file.id)
      }
      let next = lifecycle.next(
        afterLooking: found.map { .caseAttached($0.id) }, firstSent: operation.sentAt ?? now, patience: .seconds(5),
        attempt: operation.tries, now: now, using: &random)
      return Settlement(looked: next, operation: operation, now: now)
    }
  }
}
