import Histories
import Testing

@Suite("Deliberately broken variants of Counterpart")
struct MutantTests {
  /// So many seeds may be lived before a mutant must have been caught.
  static let patience: UInt64 = 2000

  /// Where looking begins, so that the test is quick: the seed that caught the mutant first, when this was written.
  /// `counterpart simulate run --seed 1 --seeds 2000 --mutant NAME` begins at the beginning.
  static let knownSeeds: [Mutant: UInt64] = [
    .skipsTheLook: 11, .forgetsWhatCameLater: 21, .repeatsOnUnknown: 13, .givesUpAtOnce: 12, .doesNotHold: 2,
    .dropsTheCommentMarker: 13, .dropsTheLabel: 11, .dropsTheMarkerLine: 538, .forgetsTheFence: 1509,
    .forgetsInternal: 4,
    .recoversToReady: 11,
  ]

  @Test("Each is caught, where the unbroken one is not", arguments: Mutant.allCases)
  func caught(mutant: Mutant) async throws {
    let first = Self.knownSeeds[mutant] ?? 1
    for seed in first..<first + Self.patience {
      let outcome = try await History.live(seed: seed, steps: 120, mutant: mutant)
      guard outcome.violation != nil else { continue }
      if try await History.live(seed: seed, steps: 120).violation == nil { return }
    }
    Issue.record("\(mutant.rawValue) was not caught by \(Self.patience) seeds")
  }

  @Test("There are twelve of them at least")
  func number() { #expect(Mutant.allCases.count >= 12) }
}
