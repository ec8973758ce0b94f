/// Vigna's SplitMix64: one seed and one iteration always give the same input.
package struct FuzzDice: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64, iteration: UInt64 = 0) {
    state = seed &* 0x2545_F491_4F6C_DD1D &+ iteration &* 0x9E37_79B9_7F4A_7C15 &+ 1
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from 0 up to the limit, without it.
  package mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(limit, 1))) }
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
