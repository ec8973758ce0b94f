package import SyncModel

/// What the CRM is asked before an event that shows a closed case open is believed: the event may have left the CRM
/// before a write of ours closed the case.
package struct CaseQuestion: Hashable, Sendable {
  /// What the event shows.
  package var status: FieldValue

  package init(status: FieldValue) { self.status = status }

  /// When the question is asked again, since the answer does not tell yet whose opening it is.
  ///
  /// The case is open, and held what it shows, or something else that is open, also before our write: the event may be
  /// older than that, and somebody else have opened the case since. Then their event and the echo of our write arrive
  /// meanwhile.
  package func isAskedAgain(
    at time: Timestamp, after answer: CaseAnswer, since asked: Timestamp, _ link: LinkState,
    isClosed: (FieldValue) -> Bool
  ) -> Timestamp? {
    guard let now = answer.status, !now.isEmpty, !isClosed(now) else { return nil }
    let end = asked + LinkState.echoTime
    guard now != status || link.fields["status"]?.replaced == status, time < end else { return nil }
    return end
  }
}

/// What the case holds by now.
package struct CaseAnswer: Hashable, Sendable {
  /// Empty: the case is gone; nil: nobody can tell.
  package var status: FieldValue?

  package init(status: FieldValue?) { self.status = status }

  /// For the case's story.
  package var words: String {
    switch status {
    case nil: "the case cannot be asked what it holds, so the event is taken at its word"
    case .empty?: "the case was asked: it is not there any more"
    case let status?: "the case was asked: its status is \(status.display)"
    }
  }
}
