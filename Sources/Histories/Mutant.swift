import JSON
import SyncCore
import SyncModel
import SyncStore
import Wire

/// A way in which Counterpart could be broken. A simulation that does not notice one of these proves nothing.
///
/// The code that ships has no hooks for them: each changes a value that passes between two steps, or between a step and
/// the network, on its way through the driver.
package enum Mutant: String, Hashable, Sendable, CaseIterable {
  // What is claimed
  /// After a lost answer the operation is sent again without looking.
  case skipsTheLook = "skips-the-look"
  /// The operation is sent as somebody else who is connected.
  case takesAnotherGrant = "takes-another-grant"
  /// A held or late operation does not know that later events changed its fields.
  case forgetsWhatCameLater = "forgets-what-came-later"

  // What is settled
  case repeatsOnUnknown = "repeats-on-unknown"
  case dropsTheReceipt = "drops-the-receipt"
  /// An answer is taken although the row names a later attempt.
  case forgetsTheFence = "forgets-the-fence"
  case losesTheBases = "loses-the-bases"
  case forgetsTheFollowUp = "forgets-the-follow-up"
  /// What failed for a passing reason counts as done.
  case givesUpAtOnce = "gives-up-at-once"
  /// What waits for its person is left out instead.
  case doesNotHold = "does-not-hold"

  // What is sent
  case dropsTheCommentMarker = "drops-the-comment-marker"
  case dropsTheLabel = "drops-the-label"
  case dropsTheMarkerLine = "drops-the-marker-line"
  case forgetsInternal = "forgets-internal"

  // How a process starts, and what a disk keeps
  /// `synchronous=NORMAL`: with the power, the last commits are lost.
  case losesTheLastCommits = "loses-the-last-commits"
  /// What a crash left running is done again without a look.
  case recoversToReady = "recovers-to-ready"
  /// What a crash left running stays so.
  case doesNotRecover = "does-not-recover"

  // How deliveries are taken
  /// The CRM is answered before the delivery is on disk.
  case answersBeforeTheCommit = "answers-before-the-commit"
  /// A delivery that comes again counts as a new one.
  case doesNotDeduplicate = "does-not-deduplicate"
  /// An event counts as having happened when it arrived, so that one which was held up on its way is not known to be
  /// older than what was seen since.
  case takesArrivalForTime = "takes-arrival-for-time"
  /// Deliveries are believed whoever signed them.
  case believesForgeries = "believes-forgeries"
}

extension Mutant {
  func mutate(_ operation: inout ClaimedOperation, wasLeftByCrash: Bool, others: [CRMUser]) {
    switch self {
    case .skipsTheLook: operation.mustLook = false
    case .recoversToReady: if wasLeftByCrash { operation.mustLook = false }
    case .takesAnotherGrant:
      if let actor = operation.actor, let other = others.first(where: { $0.id != actor.id }) { operation.actor = other }
    case .forgetsWhatCameLater:
      operation.overtaken = []
      for key in operation.link.fields.keys { operation.link.fields[key]?.seenCRM = nil }
    default: break
    }
  }

  func mutate(_ settlement: inout Settlement, now: Timestamp) {
    switch (self, settlement.transition) {
    case (.repeatsOnUnknown, .verify(let at)): settlement.transition = .tryAgain(at: at)
    case (.dropsTheReceipt, .done): settlement.transition = .done(.nothingToDo)
    case (.losesTheBases, _): settlement.bases = [:]
    case (.forgetsTheFollowUp, _): settlement.followUps = []
    case (.givesUpAtOnce, .tryAgain): settlement.transition = .done(.nothingToDo)
    case (.doesNotHold, .hold): settlement.transition = .skip
    default: break
    }
  }

  /// What reaches the network instead of what was sent.
  func mutated(_ request: WireRequest) -> WireRequest {
    guard request.method == .post else { return request }
    let isComment = request.url.hasSuffix("/comment") && request.url.contains("/rest/")
    let isCaseComment = request.url.hasSuffix("/comments") && request.url.contains("/api/cases/")
    let isCreate = request.url.hasSuffix("/issue") && request.url.contains("/rest/api/")
    switch self {
    case .dropsTheCommentMarker where isComment: return change(request) { Self.without("counterpart", in: $0) }
    case .forgetsInternal where isComment: return change(request) { Self.without("sd.public.comment", in: $0) }
    case .forgetsInternal where isCaseComment:
      return change(request) { body in
        .object((body.members ?? []).map { $0.key == "public" ? JSONMember("public", true) : $0 })
      }
    case .dropsTheMarkerLine where isCaseComment:
      return change(request) { body in
        .object(
          (body.members ?? []).map { member in
            guard member.key == "body", let text = member.value.string else { return member }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("[Jira") }
            return JSONMember("body", .string(lines.joined(separator: "\n")))
          })
      }
    case .dropsTheLabel where isCreate:
      return change(request) { body in
        let fields = (body["fields"]?.members ?? []).filter { $0.key != "labels" }
        return .object((body.members ?? []).map { $0.key == "fields" ? JSONMember("fields", .object(fields)) : $0 })
      }
    default: return request
    }
  }

  private func change(_ request: WireRequest, _ body: (JSONValue) -> JSONValue) -> WireRequest {
    guard let json = try? JSONReader.read(request.body) else { return request }
    var changed = request
    changed.body = body(json).utf8
    return changed
  }

  private static func without(_ property: String, in body: JSONValue) -> JSONValue {
    let kept = (body["properties"]?.array ?? []).filter { $0["key"]?.string != property }
    return .object(
      (body.members ?? []).map { $0.key == "properties" ? JSONMember("properties", .array(kept)) : $0 })
  }
}
