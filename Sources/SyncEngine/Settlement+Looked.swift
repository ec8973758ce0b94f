import SyncCore
import SyncModel
import SyncStore

extension Settlement {
  /// What a look at the far side for a lost answer leads to.
  init(looked next: OperationLifecycle.AfterLooking, operation: ClaimedOperation, now: Timestamp) {
    switch next {
    case .done(let receipt):
      self.init(
        transition: .done(receipt),
        reason: "the answer had been lost; looking showed that it happened, so nothing was sent again")
    case .lookAgain(let at):
      self.init(transition: .verify(at: at), reason: "it is not known yet whether it happened; looking again")
    case .repeat:
      self.init(transition: .sendAgain, reason: "looking showed that it did not happen; it is sent again")
    }
  }
}
