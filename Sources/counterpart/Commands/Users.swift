import ArgumentParser
import JSON
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Wire

struct Users: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Who has connected to Jira, links to connect with, and what is stored about a person.",
    subcommands: [List.self, ConnectURL.self, Token.self, Disconnect.self, Report.self, Purge.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the grants.")
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let store = try Environment.store(try Environment.settings())
      let grants = try await store.grants()
      try store.close()
      if json {
        print(JSONValue.array(grants.map(\.json)).pretty)
        return
      }
      var table = TextTable(["CONNECTION", "CRM USER", "NAME", "JIRA ACCOUNT", "BY", "STATE", "SINCE", "ENDS UNUSED"])
      for grant in grants {
        table.add([
          grant.connection.rawValue, grant.user.id.rawValue, grant.user.name ?? "", grant.accountName,
          grant.kind.words, grant.state.rawValue, grant.connectedAt.description, grant.endsUnused?.description ?? "",
        ])
      }
      print(table.text)
    }
  }

  struct ConnectURL: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "connect-url",
      abstract: "Prints a signed link with which one CRM user connects, as the CRM would make it.")
    @Option(help: "The connection.") var connection: String
    @Option(help: "The CRM's id of the user.") var user: String
    @Option(help: "The user's name.") var name: String?
    @Option(help: "The user's e-mail.") var email: String?
    @Option(help: "How many minutes the link is good for.") var minutes = 15

    func validate() throws {
      if !(1...1440).contains(minutes) { throw ValidationError("--minutes takes 1 to 1440.") }
    }

    func run() throws {
      let settings = try Environment.settings()
      let installation = try Environment.installation(Environment.folder(settings))
      guard let secret = installation.secrets(ConnectionName(connection), "connect").first else {
        throw CommandError("the connection '\(connection)' does not exist or has no secret named 'connect'")
      }
      let link = SignedLink(
        connection: ConnectionName(connection), user: CRMUser(id: CRMUserID(user), name: name, email: email),
        expires: SystemClock.now + .seconds(minutes * 60), secret: secret)
      print("\(settings.publicURL)/connect/\(URLEncoding.component(connection))?\(URLEncoding.query(link.query))")
    }
  }

  struct Disconnect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Deletes a user's tokens; their changes are held from then on.")
    @Option(help: "The connection.") var connection: String
    @Option(help: "The CRM's id of the user.") var user: String

    func run() async throws {
      let store = try Environment.store(try Environment.settings())
      let isDone = try await store.disconnect(
        connection: ConnectionName(connection), user: CRMUserID(user), now: SystemClock.now)
      try store.close()
      guard isDone else { throw CommandError("the user '\(user)' is not connected in '\(connection)'") }
      print("disconnected; the app can also be removed at https://id.atlassian.com/manage-profile/apps")
    }
  }
}

extension StoredGrant {
  fileprivate var json: JSONValue {
    [
      "connection": .string(connection.rawValue), "user": .string(user.id.rawValue), "name": .text(user.name),
      "account": .string(account.rawValue), "accountName": .string(accountName), "kind": .string(kind.rawValue),
      "state": .string(state.rawValue),
      "lapseReason": .text(lapseReason), "scopes": .array(scopes.map(JSONValue.string)),
      "connectedAt": .string(connectedAt.description), "endsUnused": .text(endsUnused?.description),
    ]
  }
}
