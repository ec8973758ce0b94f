import ArgumentParser
import JSON
import MappingLanguage
import SyncEngine
import SyncModel
import SyncStore

extension Users {
  struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Says what is stored about one person, where and since when; no token is shown.",
      discussion: """
        Looks for a CRM user or an account in Jira: in grants, events, changes, the lines of cases' stories, fields \
        that hold people, and the table of people. Texts that people wrote, in deliveries and changes, are customers' \
        data and are counted, not searched for names.
        """)
    @Argument(help: "The CRM's id of the user, or the account's id in Jira.") var person: String
    @Option(help: "Only this connection.") var connection: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let settings = try Environment.settings()
      let store = try Environment.reading(settings)
      let records = PersonRecords(store: store, mappings: Users.mappings(settings))
      let found = try await records.find(person, in: connection.map { ConnectionName($0) })
      try store.close()
      print(json ? JSONValue.array(found.map(\.json)).pretty : Users.words(found, person))
      if found.isEmpty { throw ExitCode.failure }
    }
  }

  struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Disconnects a CRM user and erases what is stored about them as somebody who acted.",
      discussion: """
        Deletes the grant with its tokens. Events and changes that are finished stay as they are, without the \
        person's name and with a pseudonym in the place of their id; names go out of the lines of cases' stories. \
        What waits keeps the person's id, since it could not go out without them; discard it and purge again. Texts \
        stay, since they are the case's: those of deliveries until COUNTERPART_RETENTION_DAYS have passed. May be \
        repeated.
        """)
    @Argument(help: "The CRM's id of the user.") var user: String
    @Option(help: "Only this connection; needed where several know the user.") var connection: String?
    @Flag(help: "Really do it; it cannot be undone.") var yes = false

    func run() async throws {
      let settings = try Environment.settings()
      let store = try Environment.store(settings)
      let records = PersonRecords(store: store, mappings: Users.mappings(settings))
      let found = try await records.find(user, in: connection.map { ConnectionName($0) }).filter {
        $0.user == CRMUserID(user)
      }
      guard let data = found.first else { throw CommandError("nothing is stored about a CRM user '\(user)'") }
      guard found.count == 1 else {
        let names = found.map(\.connection.rawValue).joined(separator: ", ")
        throw CommandError("several connections know a user '\(user)' (\(names)): say which with --connection")
      }
      guard yes else {
        print(Users.words(found, user))
        throw CommandError("nothing was erased: it cannot be undone, so say --yes")
      }
      var random = SystemRandomNumberGenerator()
      let purge = try await records.purge(
        CRMUserID(user), in: data.connection, now: SystemClock.now, using: &random)
      try store.close()
      print(purge.words(retentionDays: settings.retentionDays).joined(separator: "\n"))
    }
  }

  /// Without them fields that hold people are not known, and everything else is.
  private static func mappings(_ settings: Settings) -> MappingSet? {
    guard let files = try? Environment.folder(settings).files() else { return nil }
    return MappingSet.compile(files: files).set
  }

  static func words(_ found: [PersonalData], _ person: String) -> String {
    guard !found.isEmpty else { return "nothing is stored about '\(person)'" }
    return found.map(\.words).joined(separator: "\n\n")
  }
}

extension PersonalData {
  var words: String {
    let who = [user.map { "CRM user \($0)" }, account.map { "account \($0)" }].compactMap { $0 }
    var table = TextTable(["WHERE", "HOW MANY", "SINCE", "UNTIL", "WHAT IT SAYS"])
    for place in places {
      let values = place.values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      table.add([
        place.kind.words, String(place.count), place.since?.description ?? "", place.until?.description ?? "",
        values.joined(separator: ", "),
      ])
    }
    return "\(connection): \(who.joined(separator: ", "))\n\(table.text)"
  }
}

extension PersonalData.Place.Kind {
  fileprivate var words: String {
    switch self {
    case .grant: "connection to Jira"
    case .authorization: "connections begun"
    case .event: "events they caused"
    case .operation: "changes for them"
    case .line: "lines of stories"
    case .delivery: "deliveries with text"
    case .field: "fields with them"
    case .mention: "changes naming them"
    case .report: "reported to Atlassian"
    case .lookUp: "looked up by e-mail"
    case .table: "table of people"
    }
  }
}

extension PersonRecords.Purge {
  func words(retentionDays: Int) -> [String] {
    var lines: [String] = []
    if erased.isEmpty {
      lines.append("nothing was left to erase of CRM user \(left.user?.rawValue ?? "")")
    } else {
      lines.append("erased of CRM user \(left.user?.rawValue ?? ""), who is \(pseudonym) from now on:")
      let parts = [
        (erased.grants, "connection(s) to Jira with their tokens"), (erased.authorizations, "connection(s) begun"),
        (erased.lookUps, "look-up(s)"),
        (erased.events, "event(s): name and id"), (erased.operations, "change(s): name and id"),
        (erased.lines, "line(s) of stories: name"),
      ]
      lines += parts.filter { $0.0 > 0 }.map { "  \($0.0) \($0.1)" }
      lines.append("the app can also be removed at https://id.atlassian.com/manage-profile/apps")
    }
    lines += left.places.compactMap { place in
      switch place.kind {
      case .grant, .authorization, .line, .report, .lookUp: nil
      case .event, .operation:
        place.kind == .operation && left.unfinished > 0
          ? "stays: \(left.unfinished) change(s) that wait or are dead keep the id, without which they could not go "
            + "out; discard them (counterpart events) and purge again"
          : nil
      case .delivery:
        "stays: \(place.count) deliveries as the CRM sent them, until \(retentionDays) days have passed and nothing of "
          + "them waits"
      case .field, .mention:
        "stays: the account in \(place.count) \(place.kind == .field ? "field(s)" : "change(s) of others"), which are "
          + "the cases' own data"
      case .table: "stays: the line in the connection's table of people, which is yours to take out"
      }
    }
    return lines
  }
}
