import GRDB
package import SyncModel

extension Store {
  /// Empties the bodies of old deliveries of which nothing is left to do, some at a time: the rows stay, so that a
  /// delivery which comes again is known, and the story of its case is told as before.
  ///
  /// What waits, is held or is dead keeps its body, however old it is: it may be planned again.
  ///
  /// - Parameters:
  ///   - last: the delivery that was looked at last, from 0 on.
  ///   - time: deliveries that were received before it are old.
  /// - Returns: the delivery that was looked at last; nil: there are no more old ones.
  package func forgetBodies(after last: Int64, before time: Timestamp, limit: Int = 500) async throws -> Int64? {
    try await commit { database in
      let slice = try Row.fetchOne(
        database.cachedStatement(
          sql: """
            SELECT MAX(id) AS last, MIN(received_at) AS oldest FROM (
              SELECT id, received_at FROM delivery WHERE id > ? ORDER BY id LIMIT ?)
            """), arguments: [last, limit])
      guard let newest = slice?.intOrNil("last"), let oldest = slice?.time("oldest"), oldest < time else { return nil }
      try database.executeCached(
        sql: Self.emptiedBodies, arguments: ["last": last, "newest": newest, "time": time.milliseconds])
      return newest
    }
  }

  static let emptiedBodies = """
    UPDATE delivery SET body = x''
    WHERE id > :last AND id <= :newest AND received_at < :time AND state = 'accepted' AND length(body) > 0
      AND NOT EXISTS (SELECT 1 FROM event WHERE event.delivery = delivery.id AND (event.state IN ('pending', 'dead')
        OR EXISTS (SELECT 1 FROM operation WHERE operation.event = event.id
          AND operation.state NOT IN ('done', 'skipped'))))
    """
}
