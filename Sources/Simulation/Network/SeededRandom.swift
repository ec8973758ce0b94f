/// The dice of a simulation: SplitMix64, so that one seed gives one history on every machine.
///
/// Algorithm: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014). Not for secrets outside
/// a simulation.
package struct SeededRandom: RandomNumberGenerator, Hashable, Sendable {
  /// Where the sequence stands; a generator made from it goes on from here.
  package private(set) var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to, not including, 1.
  package mutating func fraction() -> Double { Double(next() >> 11) / Double(1 << 53) }

  /// True in `probability` of all calls; draws nothing where that is 0, so that faults switched off leave a history as it is.
  package mutating func happens(_ probability: Double) -> Bool { probability > 0 && fraction() < probability }

  /// 32 hexadecimal digits.
  package mutating func token() -> String { hex(next()) + hex(next()) }

  private func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
