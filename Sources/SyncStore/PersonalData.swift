import GRDB
package import SyncModel

/// What is stored about one person, place by place. It holds no token.
package struct PersonalData: Hashable, Sendable {
  /// One kind of place, and what of the person stands there.
  package struct Place: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
      /// What the person connected with: names, e-mail, account, time zone; tokens are sealed, and not shown.
      case grant
      /// Connections that were begun and not confirmed; they end by themselves.
      case authorization
      /// Events that they caused.
      case event
      /// Changes that were sent, or are to be sent, for them.
      case operation
      /// Lines of cases' stories that belong to these.
      case line
      /// Bodies of deliveries with their events, as the CRM sent them.
      case delivery
      /// Fields that hold a person, and values that lost, where it is them.
      case field
      /// Changes of others that name their account, as assignee or in a mention.
      case mention
      /// When Atlassian was told of their account.
      case report
      /// Who a look-up by e-mail found them to be, or that it found nobody.
      case lookUp = "look-up"
      /// A line of an admin's table.
      case table
    }

    package var kind: Kind
    package var count: Int
    package var since: Timestamp?
    package var until: Timestamp?
    /// What it says about the person.
    package var values: [String: String]

    package init(
      kind: Kind, count: Int, since: Timestamp? = nil, until: Timestamp? = nil, values: [String: String] = [:]
    ) {
      self.kind = kind
      self.count = count
      self.since = since
      self.until = until
      self.values = values
    }
  }

  package var connection: ConnectionName
  package var user: CRMUserID?
  package var account: AccountID?
  package var places: [Place]
  /// Changes of theirs that are not finished: held, on their way, or dead.
  package var unfinished = 0

  package init(connection: ConnectionName, user: CRMUserID?, account: AccountID?, places: [Place]) {
    self.connection = connection
    self.user = user
    self.account = account
    self.places = places
  }

  package var isEmpty: Bool { places.isEmpty }
}

extension Store {
  /// What is stored about a CRM user, an account, or both where they are known to be one person.
  ///
  /// - Parameter places: where accounts stand; its other connections are left out.
  package func personalData(
    of user: CRMUserID?, account: AccountID?, in connection: ConnectionName, places: AccountPlaces?
  ) async throws -> PersonalData {
    try await read { database in
      var found = PersonalDataSearch(connection: connection.rawValue, database: database)
      if let user { try found.lookFor(user) }
      if let account { try found.lookFor(account, places) }
      var data = PersonalData(connection: connection, user: user, account: account, places: found.places)
      data.unfinished = found.unfinished
      return data
    }
  }

  /// The accounts and users of a connection that a word of an operator's may mean: the CRM's id of a user, or an account.
  package func grants(of word: String) async throws -> [StoredGrant] {
    try await grants().filter { $0.user.id.rawValue == word || $0.account.rawValue == word }
  }

  /// The connections that ever had an event.
  package func connectionsWithEvents() async throws -> [ConnectionName] {
    try await read { database in
      try String.fetchAll(database, sql: "SELECT DISTINCT connection FROM event").map { ConnectionName($0) }
    }
  }

  /// Whether any event or operation of a connection is of this CRM user.
  package func knows(_ user: CRMUserID, in connection: ConnectionName) async throws -> Bool {
    try await read { database in
      try Bool.fetchOne(
        database,
        sql: """
          SELECT EXISTS (SELECT 1 FROM event WHERE connection = :connection AND actor_id = :user)
            OR EXISTS (SELECT 1 FROM operation WHERE connection = :connection AND actor_id = :user)
            OR EXISTS (SELECT 1 FROM authorization WHERE connection = :connection AND crm_user = :user)
          """, arguments: ["connection": connection.rawValue, "user": user.rawValue]) ?? false
    }
  }
}

/// Looks through the tables, in one reading. Nothing of this is on anybody's way: it is asked by hand, and may take a while.
private struct PersonalDataSearch {
  let connection: String
  let database: Database
  private(set) var places: [PersonalData.Place] = []
  private(set) var unfinished = 0

  init(connection: String, database: Database) {
    self.connection = connection
    self.database = database
  }

  mutating func lookFor(_ user: CRMUserID) throws {
    let person: StatementArguments = ["connection": connection, "user": user.rawValue]
    let ofPerson = "connection = :connection AND actor_id = :user"
    if let row = try Row.fetchOne(
      database, sql: "SELECT * FROM grant_ WHERE connection = :connection AND crm_user = :user", arguments: person)
    {
      var values = ["user": user.rawValue, "account": row.text("account_id"), "account name": row.text("account_name")]
      values["name"] = row.textOrNil("crm_name")
      values["e-mail"] = row.textOrNil("crm_email")
      values["time zone"] = row.textOrNil("time_zone")
      places.append(PersonalData.Place(kind: .grant, count: 1, since: row.time("connected_at"), values: values))
    }
    try lookUps("crm_user = :person", user.rawValue)
    try add(
      .authorization,
      "SELECT COUNT(*) AS count, MAX(expires_at) AS until, NULL AS since, MAX(crm_name) AS name, "
        + "MAX(crm_email) AS email FROM authorization WHERE connection = :connection AND crm_user = :user", person)
    try add(
      .event,
      "SELECT COUNT(*) AS count, MIN(received_at) AS since, MAX(received_at) AS until, MAX(actor_name) AS name "
        + "FROM event WHERE \(ofPerson)", person)
    try add(
      .operation,
      "SELECT COUNT(*) AS count, MIN(created_at) AS since, MAX(created_at) AS until, "
        + "MAX(actor_name) AS name, MAX(sent_as) AS sent FROM operation WHERE \(ofPerson)", person)
    try add(
      .line,
      """
      SELECT COUNT(*) AS count, MIN(at) AS since, MAX(at) AS until FROM ledger WHERE connection = :connection
        AND (event IN (SELECT id FROM event WHERE \(ofPerson))
          OR operation IN (SELECT id FROM operation WHERE \(ofPerson)))
      """, person)
    try add(
      .delivery,
      """
      SELECT COUNT(*) AS count, MIN(received_at) AS since, MAX(received_at) AS until FROM delivery
      WHERE length(body) > 0 AND id IN (SELECT delivery FROM event WHERE \(ofPerson))
      """, person)
    unfinished =
      try Int.fetchOne(
        database,
        sql: "SELECT COUNT(*) FROM operation WHERE \(ofPerson) AND state NOT IN ('done', 'skipped')", arguments: person)
      ?? 0
  }

  mutating func lookFor(_ account: AccountID, _ places: AccountPlaces?) throws {
    var count = 0
    for field in places?.fields ?? [] where field.connection.rawValue == connection {
      let arguments: StatementArguments = [
        "connection": connection, "mapping": field.mapping.rawValue, "field": field.key.rawValue,
        "account": FieldValue.text(account.rawValue).column,
      ]
      for (table, column) in [("field_state", "base_jira"), ("conflict", "jira")] {
        count +=
          try Int.fetchOne(
            database,
            sql: """
              SELECT COUNT(*) FROM link JOIN \(table) ON \(table).link = link.id
              WHERE link.connection = :connection AND link.mapping = :mapping AND \(table).field = :field
                AND \(table).\(column) = :account
              """, arguments: arguments) ?? 0
      }
    }
    if count > 0 { self.places.append(PersonalData.Place(kind: .field, count: count)) }
    if !self.places.contains(where: { $0.kind == .lookUp }) { try lookUps("account_id = :person", account.rawValue) }
    try add(
      .lookUp,
      "SELECT COUNT(*) AS count, NULL AS since, MAX(until) AS until FROM unknown_account "
        + "WHERE connection = :connection AND account_id = :account",
      ["connection": connection, "account": account.rawValue])
    try add(
      .mention,
      """
      SELECT COUNT(*) AS count, MIN(operation.created_at) AS since, MAX(operation.created_at) AS until
      FROM operation_account JOIN operation ON operation.id = operation_account.operation
      WHERE operation_account.connection = :connection AND account_id = :account
      """, ["connection": connection, "account": account.rawValue])
    if let api = places?.api {
      try add(
        .report,
        """
        SELECT COUNT(*) AS count, MIN(reported_at) AS since, MAX(reported_at) AS until FROM account_report
        WHERE api = :api AND account_id = :account
        """, ["api": api, "account": account.rawValue])
    }
  }

  private mutating func lookUps(_ condition: String, _ person: String) throws {
    let arguments: StatementArguments = ["connection": connection, "person": person]
    let sql = "SELECT * FROM looked_up_person WHERE connection = :connection AND \(condition)"
    guard let row = try Row.fetchOne(database, sql: sql, arguments: arguments) else { return }
    var values = ["user": row.text("crm_user")]
    values["account"] = row.textOrNil("account_id")
    values["name"] = row.textOrNil("crm_name")
    places.append(PersonalData.Place(kind: .lookUp, count: 1, since: row.time("wanted_at"), values: values))
  }

  private mutating func add(
    _ kind: PersonalData.Place.Kind, _ sql: String, _ arguments: StatementArguments
  ) throws {
    guard let row = try Row.fetchOne(database, sql: sql, arguments: arguments), row.int("count") > 0 else { return }
    var values: [String: String] = [:]
    for (column, word) in [("name", "name"), ("email", "e-mail"), ("sent", "sent as")] where row.hasColumn(column) {
      values[word] = row.textOrNil(column)
    }
    places.append(
      PersonalData.Place(
        kind: kind, count: Int(row.int("count")), since: row.time("since"), until: row.time("until"), values: values))
  }
}
