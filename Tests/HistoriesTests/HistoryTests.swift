import Histories
import Testing

@Suite("Histories of an installation, diced from a seed")
struct HistoryTests {
  /// Seeds whose histories once broke a promise.
  static let regressionSeeds: [UInt64] = [
    496_380_788, 496_391_774, 496_392_598, 496_403_465, 496_405_139, 234_660_452, 234_687_015, 234_715_933, 136_148_838,
    136_149_340, 700_052_513,
    473_892_155, 987_485_275, 6_000_094, 7_000_671, 373_458_317,
  ]

  @Test(
    "A history keeps every promise, at each moment and at its end", arguments: Array(UInt64(1)...20) + regressionSeeds)
  func promises(seed: UInt64) async throws {
    let outcome = try await History.live(seed: seed, steps: 120)
    #expect(outcome.violation == nil, "\(outcome.options)")
  }

  @Test("The same seed gives the same history", arguments: [3, 14, 159] as [UInt64])
  func determinism(seed: UInt64) async throws {
    let first = try await History.live(seed: seed, steps: 120, keepsTrace: true)
    let second = try await History.live(seed: seed, steps: 120, keepsTrace: true)
    #expect(first.lines == second.lines)
    #expect(first.fingerprint == second.fingerprint)
    #expect(first.lines.count > 60)
  }
}
