import SyncEngine
import SyncModel
import TokenVault

/// Tokens in the database that want keys which are not there, in a sentence; keys are named and never shown.
struct KeyProblem: CustomStringConvertible {
  private let wanted: [KeyID: Int]
  private let keys: [KeyID]
  /// Not one token opens: these are another installation's keys, or the key was replaced without keeping the old one.
  let isTotal: Bool

  /// Nil where every token that operations are sent with finds its key.
  init?(_ custody: TokenCustody, keys: [KeyID], now: Timestamp) async throws {
    let survey = try await custody.survey(isActiveOnly: true, now: now)
    guard !survey.wanting.isEmpty else { return nil }
    wanted = survey.wanting
    self.keys = keys
    isTotal = survey.opensNothing
  }

  var description: String {
    let count = wanted.values.reduce(0, +)
    let names = wanted.keys.sorted().words
    let (key, have) = (wanted.count == 1 ? "the key \(names)" : "the keys \(names)", keys.words)
    guard isTotal else {
      return "\(count) of the sealed tokens in the database want \(key), and the encryption keys are \(have): what "
        + "these people do waits until COUNTERPART_KEY or COUNTERPART_KEY_FILE holds \(key) as well"
    }
    return "none of the \(count) sealed tokens in the database opens: they want \(key), and COUNTERPART_KEY or "
      + "COUNTERPART_KEY_FILE holds \(have); put the line of \(key) back, or, where it is lost, delete the tokens with "
      + "'counterpart users disconnect', and let everybody connect again"
  }
}

extension Collection<KeyID> {
  var words: String { map(\.description).joined(separator: ", ") }
}
