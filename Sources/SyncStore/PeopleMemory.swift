import GRDB
import SyncCore
import SyncModel
import Synchronization

/// Who is who by a connection's grants and by what was looked up, kept as long as none of these came, went or became
/// another: planning looks at it for each event, and there may be ten thousand grants.
final class PeopleMemory: Sendable {
  private struct Known {
    var version: Version
    var people: People
  }

  private struct Version: Hashable {
    var grants: Int64
    var closed: Int64
  }

  private let known = Mutex<[String: Known]>([:])

  /// - Parameter database: within one transaction, so that the people are those of the version.
  func people(_ connection: String, _ database: Database) throws -> People {
    let version = Version(
      grants: try Int64.fetchOne(database.cachedStatement(sql: Self.version), arguments: [connection]) ?? 0,
      closed: try Int64.fetchOne(database.cachedStatement(sql: "SELECT COUNT(*) FROM erased_account")) ?? 0)
    if let known = known.withLock({ $0[connection] }), known.version == version { return known.people }
    let people = try Self.read(connection, database)
    known.withLock { $0[connection] = Known(version: version, people: people) }
    return people
  }

  static let version = "SELECT version FROM people_version WHERE connection = ?"

  private static func read(_ connection: String, _ database: Database) throws -> People {
    let closed = try String.fetchAll(database.cachedStatement(sql: "SELECT digest FROM erased_account"))
    var grants = PeopleSource()
    let rows = try Row.fetchAll(
      database.cachedStatement(
        sql: "SELECT crm_user, crm_name, account_id FROM grant_ WHERE connection = ? ORDER BY connected_at"),
      arguments: [connection])
    for row in rows {
      grants.add(
        CRMUser(id: CRMUserID(row.text("crm_user")), name: row.textOrNil("crm_name")),
        account: AccountID(row.text("account_id")))
    }
    let (found, nobodies) = try Store.lookedUp(connection, database)
    return People(grants: grants, lookedUp: found, nobodies: nobodies, closed: Set(closed))
  }
}

extension Schema {
  /// Counts what changes who is who. The triggers have no conflicts of their own: the policy of a statement that fires them,
  /// such as INSERT OR REPLACE, would hold for those too (https://sqlite.org/lang_createtrigger.html).
  static let peopleVersions = """
    CREATE TABLE people_version (
      connection TEXT PRIMARY KEY,
      version INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER grant_comes AFTER INSERT ON grant_ BEGIN \(countsPeople("NEW")) END;
    CREATE TRIGGER grant_goes AFTER DELETE ON grant_ BEGIN \(countsPeople("OLD")) END;
    CREATE TRIGGER grant_is_another AFTER UPDATE OF crm_user, crm_name, account_id ON grant_
      BEGIN \(countsPeople("NEW")) END;
    """

  /// What a trigger does that makes the people of a row's connection others; shipped migrations are made of it.
  static func countsPeople(_ row: String) -> String {
    """
    UPDATE people_version SET version = version + 1 WHERE connection = \(row).connection;
    INSERT INTO people_version SELECT \(row).connection, 1
      WHERE NOT EXISTS (SELECT 1 FROM people_version WHERE connection = \(row).connection);
    """
  }
}
