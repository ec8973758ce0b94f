import ArgumentParser
import JSON
import SyncEngine
import SyncModel
import SyncStore
import TokenVault

struct Keys: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The keys that tokens are encrypted with: which there are, and a new one.",
    subcommands: [List.self, Rotate.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the keys by their names, and how many tokens are sealed with each.",
      discussion: """
        A key's name is the beginning of its SHA-256; keys themselves are never shown. 'current' is the first key, \
        with which everything new is sealed; 'older' ones open what is sealed with them, and may go once that is \
        nothing; 'missing' ones are wanted by tokens and are not there.
        """)
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let settings = try Environment.settings()
      let ring = try KeyRing(text: Environment.keys(settings).reveal())
      let store = try Environment.reading(settings)
      let survey = try await TokenCustody(store: store, vault: Vault(keys: ring)).survey(now: SystemClock.now)
      try store.close()
      let list = KeyList(keys: ring.ids, survey: survey)
      let object: JSONValue = ["keys": list.json, "damaged": .integer(survey.damaged)]
      print(json ? object.pretty : list.text)
    }
  }

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a new encryption key and seals every token anew with it, beside a running server.",
      discussion: """
        The new key becomes the first line of the file that COUNTERPART_KEY_FILE names; the other lines stay as they \
        are. A running server takes it up by itself, so nothing has to stop. Run it as a user who may write the file \
        and its folder.

        It may be interrupted anywhere and run again: as long as tokens are sealed under older keys it goes on with \
        them, and makes a new key only when there are none. So it is also what to run after a new key was put first by \
        hand, which is the only way where the keys are given by COUNTERPART_KEY.

        Afterwards the older lines may be taken out, once 'counterpart keys list' counts no tokens under them. Older \
        backups of the database need them still.

        Exits 1 when tokens are left that want a key which is not there.
        """)
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let settings = try Environment.settings()
      _ = try Environment.keys(settings)
      let store = try Environment.store(settings)
      let report = try await KeyRotation(settings: settings, store: store).run(now: SystemClock.now)
      try store.close()
      print(json ? report.json.pretty : report.text(isFile: settings.keyFile != nil))
      if !report.isDone { throw ExitCode.failure }
    }
  }
}
