import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

extension CRMPerformance {
  /// Asks what the case holds, so that its event can be decided. Where no answer can ever be had, that is the answer: an
  /// event and all that came after it must not wait for ever.
  func ask(
    _ question: CaseQuestion, _ operation: ClaimedOperation, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) async -> Settlement {
    let answer: CaseAnswer
    var refusal = ""
    switch await crm.reading(of: operation.caseID, mapping) {
    case .success(let reading): answer = CaseAnswer(status: reading?.knownStatus)
    case .failure(.notFound), .failure(.gone): answer = CaseAnswer(status: .empty)
    case .failure(let failure):
      let settlement = settlement(.failure(failure), operation.call, operation, now: now, using: &random)
      guard settlement.transition == .bury else { return settlement }
      answer = CaseAnswer(status: nil)
      refusal = "\(failure); "
    }
    let again = question.isAskedAgain(
      at: now, after: answer, since: operation.createdAt, operation.link, isClosed: mapping.reopening.isClosed)
    if let again {
      return Settlement(
        transition: .tryAgain(at: again),
        reason: "waits a moment: the case was as open before our last write, and newer events may be on their way")
    }
    return Settlement(transition: .done(.caseAsked(answer)), reason: refusal + answer.words)
  }
}
