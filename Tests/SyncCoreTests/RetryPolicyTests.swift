import SyncCore
import SyncModel
import Testing

@Suite("Waiting before the next attempt")
struct RetryPolicyTests {
  static func delay(_ policy: RetryPolicy = RetryPolicy(), after attempt: Int, _ number: UInt64) -> Duration {
    var random = ConstantRandom(number: number)
    return policy.delay(after: attempt, using: &random)
  }

  @Test(
    "Waits double up to the longest, and spread over 0.7 to 1.3 of their length",
    arguments: [(1, 1), (2, 2), (3, 4), (10, 512), (11, 900), (12, 900), (1000, 900), (Int.max, 900)])
  func doubling(_ attempt: Int, _ seconds: Int) {
    #expect(Self.delay(after: attempt, 0) == .milliseconds(seconds * 700))
    #expect(Self.delay(after: attempt, .max) == .milliseconds(seconds * 1300))
  }

  @Test("A number of attempts that cannot be counts as the first", arguments: [0, -1, Int.min + 1])
  func nonsense(_ attempt: Int) {
    #expect(Self.delay(after: attempt, 0) == .milliseconds(700))
  }

  @Test("A first wait beyond what doubles ends at the longest")
  func overflow() {
    let policy = RetryPolicy(first: .milliseconds(Int64.max / 2), longest: .seconds(10))
    #expect(Self.delay(policy, after: 40, .max) == .seconds(13))
  }

  @Test("What failed together does not return together")
  func spread() {
    var random = SeededRandom(state: 1)
    let delays = (0..<200).map { _ in RetryPolicy().delay(after: 8, using: &random).milliseconds }
    #expect(delays.allSatisfy { (89_600...166_400).contains($0) })
    #expect(Set(delays).count > 100)
  }
}
