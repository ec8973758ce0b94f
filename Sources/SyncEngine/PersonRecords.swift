package import JSON
package import MappingLanguage
package import SyncModel
package import SyncStore

/// What is stored about a person, and its end: for who asks what is known of them, or wants to be forgotten.
package struct PersonRecords: Sendable {
  /// What a purge did, and what is left.
  package struct Purge: Hashable, Sendable {
    package var erased: ErasureReport
    /// What is found by the same id and account afterwards.
    package var left: PersonalData
    /// Under the pseudonym: events and changes that were there, of nobody who could be named.
    package var pseudonym: CRMUserID

    package init(erased: ErasureReport, left: PersonalData, pseudonym: CRMUserID) {
      self.erased = erased
      self.left = left
      self.pseudonym = pseudonym
    }
  }

  private let store: Store
  private let mappings: MappingSet?

  /// - Parameter mappings: tell which fields hold people, and who stands in tables; nil: then neither is looked at.
  package init(store: Store, mappings: MappingSet?) {
    self.store = store
    self.mappings = mappings
  }

  /// What is stored about whoever a word names: the CRM's id of a user, or an account in Jira.
  ///
  /// - Returns: for each connection that knows the person.
  package func find(_ word: String, in chosen: ConnectionName? = nil) async throws -> [PersonalData] {
    var connections = Set(try await store.grants().map(\.connection))
    connections.formUnion(mappings?.connections.keys.map { $0 } ?? [])
    connections.formUnion(try await store.connectionsWithEvents())
    var found: [PersonalData] = []
    for connection in connections.sorted() where chosen == nil || connection == chosen {
      let data = try await data(of: word, in: connection)
      if !data.isEmpty { found.append(data) }
    }
    return found
  }

  private func data(of word: String, in connection: ConnectionName) async throws -> PersonalData {
    let grant = try await store.grants(of: word).first { $0.connection == connection }
    let table = mappings?.people(of: connection) ?? PeopleSource()
    let line =
      table.entry(of: CRMUserID(word))
      ?? table.users[AccountID(word)]?.first.map { AccountEntry(user: $0, account: AccountID(word)) }
    var user = grant?.user.id ?? line?.user.id
    var account = grant?.account ?? line?.account
    // Of somebody whom no grant and no table knows, the word is looked for as either.
    if user == nil { (user, account) = (CRMUserID(word), AccountID(word)) }
    var data = try await store.personalData(of: user, account: account, in: connection, places: places(connection))
    if grant == nil, line == nil {
      // The same word as both would be a coincidence: what is there tells which it is.
      let isUser = try await store.knows(CRMUserID(word), in: connection)
      data.user = isUser ? user : nil
      data.account = isUser ? nil : account
    }
    if let line { data.places.append(Self.place(line)) }
    return data
  }

  private func places(_ connection: ConnectionName) -> AccountPlaces? {
    mappings.map(AccountReports.places)?.first { $0.connections.contains(connection) }
  }

  private static func place(_ line: AccountEntry) -> PersonalData.Place {
    var values = ["user": line.user.id.rawValue, "account": line.account.rawValue]
    values["name"] = line.user.name
    return PersonalData.Place(kind: .table, count: 1, values: values)
  }

  /// Takes a CRM user out of what is stored, as somebody who acted, and deletes their grant. May be done again.
  package func purge(
    _ user: CRMUserID, in connection: ConnectionName, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async throws -> Purge {
    let line = mappings?.people(of: connection).entry(of: user)
    let account = try await store.grant(connection: connection, user: user)?.account ?? line?.account
    let digits = String(random.next(), radix: 16)
    let pseudonym = CRMUserID("erased-" + String(repeating: "0", count: 16 - digits.count) + digits)
    let erased = try await store.purge(user, in: connection, pseudonym: pseudonym, now: now)
    var left = try await store.personalData(of: user, account: account, in: connection, places: places(connection))
    // What was theirs is found under the pseudonym: its texts are still there.
    let texts = try await store.personalData(of: pseudonym, account: nil, in: connection, places: nil)
    left.places += texts.places.filter { $0.kind == .delivery }
    if let line { left.places.append(Self.place(line)) }
    return Purge(erased: erased, left: left, pseudonym: pseudonym)
  }
}

extension PersonalData {
  package var json: JSONValue {
    [
      "connection": .string(connection.rawValue), "user": Self.text(user?.rawValue),
      "account": Self.text(account?.rawValue), "unfinished": .integer(unfinished),
      "places": .array(
        places.map { place in
          [
            "place": .string(place.kind.rawValue), "count": .integer(place.count),
            "since": Self.text(place.since?.description), "until": Self.text(place.until?.description),
            "values": .object(place.values.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }),
          ]
        }),
    ]
  }

  private static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}

extension PersonRecords.Purge {
  package var json: JSONValue {
    [
      "pseudonym": .string(pseudonym.rawValue),
      "erased": [
        "grants": .integer(erased.grants), "authorizations": .integer(erased.authorizations),
        "lookUps": .integer(erased.lookUps),
        "events": .integer(erased.events), "operations": .integer(erased.operations), "lines": .integer(erased.lines),
      ], "left": left.json,
    ]
  }
}
