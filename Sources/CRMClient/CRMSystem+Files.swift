import MappingLanguage
package import SyncCore
package import SyncModel
package import Wire
import XML

/// Files of issues that are put on cases: streamed, never held.
extension CRMSystem {
  /// What became of a file that was to be streamed.
  package enum Streamed: Sendable {
    case outcome(CallOutcome)
    /// Jira refused the content, or did not answer: nothing reached the CRM.
    case refused(WireResponse)
    case noContent(TransportFailure)
  }

  /// Streams a file from its source to a case.
  package func attach(
    _ attachment: CaseAttachmentAddition, from source: WireRequest, boundary: String, case id: CaseID
  ) async -> Streamed {
    let pipe: WirePipe
    let rule: XPathExpression?
    do throws(CallFailure) {
      pipe = try requests.attach(attachment, from: source, boundary: boundary, case: id)
      rule = try requests.rule(.addAttachment).answerID
    } catch { return .outcome(.failure(error)) }
    switch await transport.pipe(pipe) {
    case .answered(let response):
      if let failure = CRMResponses.failure(of: response, purpose: .write) { return .outcome(.failure(failure)) }
      guard let new = Self.id(in: response.body, at: rule) else {
        // It is stored under an id that nobody told us, and without it its echo would look like a person's file.
        return .outcome(.failure(.unknown("the CRM's answer does not name the file that it stored")))
      }
      return .outcome(.success(.caseAttached(AttachmentID(new.rawValue))))
    case .lost(let failure): return .outcome(.failure(CRMResponses.failure(of: failure, purpose: .write)))
    case .refused(let response): return .refused(response)
    case .noContent(let failure): return .noContent(failure)
    case .tooLong:
      return .outcome(.failure(.rejected("the file is larger than the mapping takes", fields: [:])))
    }
  }

  /// The files of a case, at most 10,000.
  package func attachments(of id: CaseID) async -> Result<[CaseAttachment], CallFailure> {
    do throws(CallFailure) {
      let rule = try requests.rule(.listAttachments)
      let response = try await send(try requests.listAttachments(of: id), .read)
      guard let rules = rule.attachments else {
        throw .rejected("the profile does not say where 'list-attachments' answers files", fields: [:])
      }
      let document = try Self.answer(response.body)
      do throws(EventProblem) {
        return .success(try AttachmentReader(document: document, rules: rules, limit: 10_000).read(at: document.root))
      } catch { throw .unreadable(error.text) }
    } catch { return .failure(error) }
  }
}
