/// SplitMix64: the same numbers for the same seed everywhere, so that a random test that failed can be run again.
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// One of `elements`, or `substitute` if there are none.
  public mutating func pick<Element>(_ elements: [Element], or substitute: Element) -> Element {
    elements.randomElement(using: &self) ?? substitute
  }
}
