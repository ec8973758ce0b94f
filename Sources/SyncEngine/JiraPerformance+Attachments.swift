import CRMClient
import JiraClient
import SyncCore
import SyncModel
import SyncStore
import Wire

/// A file goes from the CRM's answer straight into Jira's request; it is never held here.
extension JiraPerformance {
  func stream(
    _ attachment: AttachmentAddition, _ operation: ClaimedOperation, using random: inout some RandomNumberGenerator
  ) async -> CallOutcome {
    guard let crm, let issue = operation.link.issue?.id else {
      return .failure(.rejected("the issue or the connection is not known", fields: [:]))
    }
    let source: WireRequest
    do throws(CallFailure) {
      source = try crm.requests.content(of: attachment, case: operation.caseID)
    } catch { return .failure(error) }
    let boundary = "counterpart" + String(random.next(), radix: 16) + String(random.next(), radix: 16)
    switch await jira.attach(attachment, from: source, boundary: boundary, issue: issue, token: token) {
    case .outcome(let outcome): return outcome
    case .noContent(let failure): return .failure(Self.ofContent(CRMResponses.failure(of: failure, purpose: .read)))
    case .refused(let response):
      let failure = CRMResponses.failure(of: response, purpose: .read)
      return .failure(Self.ofContent(failure ?? .unreadable("the CRM answered without a file")))
    }
  }

  /// What the CRM's refusal means for an operation in Jira: it is no fault of the person's grant there.
  private static func ofContent(_ failure: CallFailure) -> CallFailure {
    switch failure {
    case .unreachable(let reason): .unreachable("fetching the file from the CRM: \(reason)")
    case .unauthorised, .forbidden, .appForbidden, .scopeMissing, .noGrant:
      .unavailable("the CRM refuses the API user's credentials", retryAfter: .seconds(60))
    case .rateLimited(let limit):
      .unavailable("the CRM asked to slow down", retryAfter: limit.retryAfter)
    case .notFound, .gone: .rejected("the CRM does not have the file any more", fields: [:])
    case .rejected(let reason, _): .rejected("fetching the file from the CRM: \(reason)", fields: [:])
    case .unavailable(let reason, let retryAfter):
      .unavailable("fetching the file from the CRM: \(reason)", retryAfter: retryAfter)
    case .tooLarge(let reason), .misconfigured(let reason), .unsupported(let reason):
      .rejected("fetching the file from the CRM: \(reason)", fields: [:])
    case .unknown(let reason, _), .conflict(let reason), .unreadable(let reason), .redirected(let reason):
      .unavailable("fetching the file from the CRM: \(reason)", retryAfter: nil)
    }
  }

  /// The file among the issue's attachments: of this name, size and author, and not known as another file's copy.
  ///
  /// Jira keeps several files of one name, so a name alone proves nothing.
  func find(_ attachment: AttachmentAddition, _ operation: ClaimedOperation) async -> Result<Receipt?, CallFailure> {
    guard let issue = operation.link.issue?.id else { return .success(nil) }
    let author = actor.token.grant.account
    return await jira.attachments(of: issue, token: token).map { attachments in
      attachments.first { found in
        found.name == attachment.name && found.author == author
          && (attachment.size == nil || found.size == attachment.size)
          && !operation.knownAttachments.contains(found.id)
      }.map { .attached($0.id) }
    }
  }
}
