import MappedArray

/// A repeatable source of random bits (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func digits(_ count: Int) -> String {
    String(decoding: (0..<count).map { _ in UInt8(ascii: "0") + UInt8(next() % 10) }, as: UTF8.self)
  }
}

/// What reading a text gives, as a value to compare.
func outcome<Value>(
  _ bytes: [UInt8], _ read: (UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Value
) -> Result<Value, NumberSyntaxError> {
  bytes.withUnsafeBytes { buffer in
    do throws(NumberSyntaxError) {
      return .success(try read(buffer))
    } catch {
      return .failure(error)
    }
  }
}

func integer<Value: FixedWidthInteger>(_ text: String, as type: Value.Type = Value.self) -> Result<
  Value, NumberSyntaxError
> {
  outcome(Array(text.utf8)) { bytes throws(NumberSyntaxError) in try NumberParser.integer(bytes, as: type) }
}

func double(_ text: String) -> Result<Double, NumberSyntaxError> {
  outcome(Array(text.utf8), NumberParser.double)
}

func float(_ text: String) -> Result<Float, NumberSyntaxError> {
  outcome(Array(text.utf8), NumberParser.float)
}
