import DecimalText
import TestSupport
import Testing

/// Swift's description without the `.0`, and without the sign of NaN.
private func reference<Value: BinaryFloatingPoint & CustomStringConvertible>(_ value: Value) -> String {
  if value.isNaN { return "nan" }
  let text = value.description
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// The first value whose text is not the reference, or does not read back.
private func firstWrong(_ values: some Sequence<Double>) -> Double? {
  values.first { value in
    let text = NumberText(value).description
    return text != reference(value) || (!value.isNaN && double(text) != .success(value))
  }
}

/// The first value whose text is not the reference, or does not read back.
private func firstWrong(_ values: some Sequence<Float>) -> Float? {
  values.first { value in
    let text = NumberText(value).description
    return text != reference(value) || (!value.isNaN && float(text) != .success(value))
  }
}

@Suite struct FloatFormattingTests {
  @Test(arguments: [
    (50, "50"), (0.1, "0.1"), (1e300, "1e+300"), (-0.0, "-0"), (0, "0"), (.infinity, "inf"),
    (-.infinity, "-inf"),
    (.nan, "nan"), (-.nan, "nan"), (.leastNonzeroMagnitude, "5e-324"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (-2.2250738585072014e-308, "-2.2250738585072014e-308"), (0.0001, "0.0001"), (0.00001, "1e-05"),
    (1e15, "1000000000000000"),
    (9_007_199_254_740_992, "9007199254740992"), (9_007_199_254_740_994, "9.007199254740994e+15"), (1e16, "1e+16"),
    (1e23, "1e+23"),
    (-1234567.125, "-1234567.125"), (4503599627370495.5, "4503599627370495.5"),
    (123456789012345.67, "123456789012345.67"),
  ])
  func knownTexts(value: Double, text: String) {
    #expect(NumberText(value).description == text)
  }

  @Test(arguments: [
    (Float(50), "50"), (0.1, "0.1"), (1e30, "1e+30"), (-0.0, "-0"), (.infinity, "inf"), (-.infinity, "-inf"),
    (-.nan, "nan"),
    (.leastNonzeroMagnitude, "1e-45"), (16_777_216, "16777216"), (16_777_218, "1.6777218e+07"),
    (3.4028235e38, "3.4028235e+38"),
    (8_388_607.5, "8388607.5"), (1e8, "1e+08"),
  ])
  func knownTextsOfFloat(value: Float, text: String) {
    #expect(NumberText(value).description == text)
  }

  @Test(arguments: [1, 2, 3])
  func randomBitPatterns(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let patterns = (0..<12_000).map { _ in generator.next() }
    #expect(firstWrong(patterns.map { Double(bitPattern: $0) }) == nil, "seed \(seed)")
    #expect(firstWrong(patterns.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }) == nil, "seed \(seed)")
    #expect(firstWrong(patterns.map { Double($0 >> 11) * 0x1p-53 }) == nil, "seed \(seed)")
  }

  @Test func everyExponent() {
    var generator = SeededGenerator(seed: 4)
    let fractions: [UInt64] = [0, 1, 2, 1 << 51, 1 << 52 - 2, 1 << 52 - 1]
    let doubles = (0..<2048).flatMap { (exponent: UInt64) -> [Double] in
      let random = [generator.next() >> 12, generator.next() >> 12]
      return (fractions + random).map { Double(bitPattern: exponent << 52 | $0) }
    }
    #expect(firstWrong(doubles) == nil)
    #expect(firstWrong(doubles.map { -$0 }) == nil)
    let floatFractions: [UInt32] = [0, 1, 2, 1 << 22, 1 << 23 - 2, 1 << 23 - 1]
    let floats = (0..<256).flatMap { (exponent: UInt32) -> [Float] in
      let random = (0..<60).map { _ in UInt32(truncatingIfNeeded: generator.next() >> 41) }
      return (floatFractions + random).map { Float(bitPattern: exponent << 23 | $0) }
    }
    #expect(firstWrong(floats) == nil)
    #expect(firstWrong(floats.map { -$0 }) == nil)
  }

  @Test func powersOfTenAndMultiples() {
    let texts = (-324...308).flatMap { exponent in ["1", "5", "9", "1.7"].map { "\($0)e\(exponent)" } }
    #expect(firstWrong(texts.compactMap { try? double($0).get() }) == nil)
    #expect(firstWrong(texts.compactMap { try? float($0).get() }) == nil)
  }

  @Test func shortAndWholeNumbers() {
    #expect(firstWrong((0..<10_000).map { Double($0) / 100 }) == nil)
    #expect(firstWrong((0..<10_000).map { Float($0) / 100 }) == nil)
    #expect(firstWrong((0..<10_000).map { 0x1p53 - 10_000 + Double($0) * 2 }) == nil)
    #expect(firstWrong((0..<10_000).map { 0x1p24 - 10_000 + Float($0) * 2 }) == nil)
  }

  /// Numbers of few bits have ends of intervals and halfway cases on decimals.
  @Test func fewBits() {
    var generator = SeededGenerator(seed: 5)
    let doubles = (0..<40).flatMap { shift in
      (0..<200).map { _ in Double(sign: .plus, exponent: shift - 20, significand: Double(generator.next() >> 11)) }
    }
    #expect(firstWrong(doubles) == nil)
    let floats = (0..<40).flatMap { shift in
      (0..<200).map { _ in Float(sign: .plus, exponent: shift - 20, significand: Float(generator.next() >> 40)) }
    }
    #expect(firstWrong(floats) == nil)
  }

  @Test func subnormals() {
    #expect(firstWrong((0..<5_000).map { Double(bitPattern: $0) }) == nil)
    #expect(firstWrong((0..<5_000).map { Float(bitPattern: $0) }) == nil)
  }
}

@Suite struct IntegerFormattingTests {
  private func firstWrong<Value: FixedWidthInteger>(_ values: some Sequence<Value>) -> Value? {
    values.first { NumberText($0).description != $0.description || integer(NumberText($0).description) != .success($0) }
  }

  @Test func allOfSmallTypes() {
    #expect(firstWrong(Int8.min...Int8.max) == nil)
    #expect(firstWrong(UInt8.min...UInt8.max) == nil)
    #expect(firstWrong(Int16.min...Int16.max) == nil)
    #expect(firstWrong(UInt16.min...UInt16.max) == nil)
  }

  @Test func largeTypes() {
    var generator = SeededGenerator(seed: 6)
    let patterns = (0..<20_000).map { _ in generator.next() >> (generator.next() & 63) } + [0, .max]
    #expect(firstWrong(patterns) == nil)
    #expect(firstWrong(patterns.map { Int64(bitPattern: $0) } + [.min, .max]) == nil)
    #expect(firstWrong(patterns.map { -Int64(bitPattern: $0 >> 1) }) == nil)
    #expect(firstWrong(patterns.map { UInt32(truncatingIfNeeded: $0) } + [.max]) == nil)
    #expect(firstWrong(patterns.map { Int32(truncatingIfNeeded: $0) } + [.min, .max]) == nil)
  }

  @Test func everyLength() {
    let powers = (0..<20).map { exponent in (0..<exponent).reduce(UInt64(1)) { power, _ in power * 10 } }
    #expect(firstWrong(powers.flatMap { [$0, $0 - 1, $0 + 1] }) == nil)
  }

  @Test func writesWithinItsRoom() {
    let guardByte: UInt8 = 0xa5
    var buffer = [UInt8](repeating: guardByte, count: 64)
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<20_000 {
      let bits = generator.next()
      buffer.withUnsafeMutableBufferPointer { bytes in
        guard let start = bytes.baseAddress else { return }
        _ = NumberText.write(Double(bitPattern: bits), to: start)
        _ = NumberText.write(Double(bits >> 12) / 8, to: start)
        _ = NumberText.write(Float(bitPattern: UInt32(bits >> 32)), to: start)
        _ = NumberText.write(Int64(bitPattern: bits), to: start)
        _ = NumberText.write(bits, to: start)
      }
    }
    #expect(buffer[NumberText.room...].allSatisfy { $0 == guardByte })
  }
}
