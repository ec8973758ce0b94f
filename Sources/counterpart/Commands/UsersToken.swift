import ArgumentParser
import Foundation
import Logging
import Outbound
import SyncEngine
import SyncModel
import SyncStore

extension Users {
  struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Connects a user with a token of theirs, read from standard input.",
      discussion: """
        For sites whose document says connect="token" or "both": an API token of Jira Cloud, which goes with the
        e-mail address of its account, or a personal access token of Jira Data Center. It is tried at once. What the
        user did is sent under the name of the account whose token it is, so it must be the user's own.

          counterpart users token --connection acme --user 17 --account-email mark@acme.example < token.txt
        """)
    @Option(help: "The connection.") var connection: String
    @Option(help: "The CRM's id of the user.") var user: String
    @Option(help: "The user's name in the CRM.") var name: String?
    @Option(help: "The user's e-mail in the CRM.") var email: String?
    @Option(help: "The e-mail of the Atlassian account, for an API token; without it the CRM's.") var accountEmail:
      String?
    @Option(help: "The token's last day, such as 2027-03-31, where it has one.") var ends: String?

    func run() async throws {
      let settings = try Environment.settings()
      // On a terminal it is asked for, and not shown.
      let typed = isatty(STDIN_FILENO) == 1 ? getpass("Token: ").map { String(cString: $0) } : readLine()
      guard let line = typed, !line.isEmpty else { throw CommandError("standard input holds no token") }
      let entry = ConnectFlow.Entry(
        token: Secret(line), email: accountEmail ?? email ?? "", ends: ends ?? "")
      try await withLogger(LogOutput.logger(settings)) { _ in
        let composition = try await Environment.composition(settings)
        do {
          let connected = try await ConnectFlow(services: composition.services, app: composition.app).enter(
            entry, for: CRMUser(id: CRMUserID(user), name: name, email: email), in: ConnectionName(connection),
            now: SystemClock.now)
          print(
            "\(name ?? user) of '\(connection)' is connected as \(connected.accountName); "
              + "\(connected.released) held operation(s) go out")
        } catch let refusal as ConnectFlow.Refusal {
          await composition.transport.shutdown()
          throw CommandError(refusal.words)
        }
        await composition.transport.shutdown()
        try composition.store.close()
      }
    }
  }
}
