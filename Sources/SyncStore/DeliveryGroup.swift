/// Group commit: deliveries that arrive while a commit is under way wait for the next one, together.
///
/// The first that finds nobody writing leads: it commits for everybody who waits, and hands the lead to the first of
/// those who came meanwhile. So the disk is synced once per group, and nobody is answered before the group is on disk.
package actor DeliveryGroup {
  private let store: Store
  private let limit: Int
  private var isWriting = false
  private var waiting: [Member] = []

  private struct Member {
    let delivery: NewDelivery
    let turn: CheckedContinuation<Turn, any Error>
  }

  private enum Turn {
    case answer(Acceptance)
    case lead
  }

  /// - Parameter limit: how many deliveries one commit takes at most.
  package init(store: Store, limit: Int = 256) {
    self.store = store
    self.limit = limit
  }

  /// Stores one delivery; returns when it is on disk.
  ///
  /// - Throws: ``StoreError``; then nothing of the delivery was stored.
  package func accept(_ delivery: NewDelivery) async throws -> Acceptance {
    if isWriting {
      let turn = try await withCheckedThrowingContinuation { continuation in
        waiting.append(Member(delivery: delivery, turn: continuation))
      }
      if case .answer(let acceptance) = turn { return acceptance }
    }
    isWriting = true
    return try await lead(with: delivery)
  }

  private func lead(with own: NewDelivery) async throws -> Acceptance {
    let group = Array(waiting.prefix(limit - 1))
    waiting.removeFirst(group.count)
    defer { handOver() }
    do {
      let answers = try await store.accept([own] + group.map(\.delivery))
      for (member, answer) in zip(group, answers.dropFirst()) { member.turn.resume(returning: .answer(answer)) }
      return answers[0]
    } catch {
      for member in group { member.turn.resume(throwing: error) }
      throw error
    }
  }

  private func handOver() {
    if waiting.isEmpty {
      isWriting = false
    } else {
      waiting.removeFirst().turn.resume(returning: .lead)
    }
  }
}
