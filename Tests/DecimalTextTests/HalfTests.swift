import Testing

@testable import DecimalText

/// f16 has so few values that all are tried.
@Suite struct HalfTests {
  private static let numbers = (UInt16(0)...UInt16(0x7BFF)).map(Float16.init(bitPattern:))

  @Test func everyTextReadsBack() {
    for number in HalfTests.numbers {
      let text = NumberText(number).description
      #expect(half(text) == .success(number) && NumberText(-number).description == "-" + text, "\(text)")
      #expect(text.utf8.count <= 10, "\(text) is too long")
    }
  }

  /// Whole numbers are digits; all others have as many digits as Swift's own text, which is the shortest.
  @Test func everyTextIsTheShortest() {
    for number in HalfTests.numbers {
      let text = NumberText(number).description
      let expected =
        number.rounded() == number ? "\(Int(number))" : "\(number)"
      #expect(text == expected)
    }
  }

  private static let texts: [(Float16, String)] = [
    (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"), (-.nan, "nan"), (.leastNonzeroMagnitude, "6e-08"),
    (-.leastNormalMagnitude, "-6.104e-05"), (.greatestFiniteMagnitude, "65504"), (0.1, "0.1"), (0.33333, "0.3333"),
    (0.0001, "0.0001"), (2048, "2048"), (1023.5, "1023.5"),
  ]

  @Test(arguments: texts)
  func knownTexts(value: Float16, text: String) {
    #expect(NumberText(value).description == text)
  }

  @Test func halfwayCasesAreRoundedToEven() {
    for (number, next) in zip(HalfTests.numbers, HalfTests.numbers.dropFirst()) {
      let midpoint = (Double(number) + Double(next)) / 2
      let text = exactText(midpoint)
      #expect(half(text) == .success(number.bitPattern & 1 == 0 ? number : next), "\(text)")
      #expect(half(text + "0000000000000000000000001") == .success(next), "\(text)")
      // What ends in a fraction ends in a five.
      let less = text.hasSuffix(".") ? "\(Int(midpoint) - 1)." : "\(text.dropLast())4"
      #expect(half(less + "9999999999999999999999999") == .success(number), "\(text)")
    }
  }

  @Test(arguments: ["65520", "-65520", "65536", "1e5", "-1e400", "9007199254740993"])
  func tooLarge(text: String) {
    #expect(half(text) == .failure(.outOfRange))
  }

  private static let values: [(String, Float16)] = [
    ("65519.99999999999999999999999", 65504), ("2.98023223876953125e-08", 0),
    ("2.98023223876953125000000000000001e-08", .leastNonzeroMagnitude), ("1e-400", 0), ("+INF", .infinity),
    ("2049", 2048), ("2051", 2052), ("4099e-3", 4.098), ("0.1", 0.1),
  ]

  @Test(arguments: values)
  func knownValues(text: String, value: Float16) {
    #expect(half(text) == .success(value))
  }

  @Test(arguments: ["", "-", "1e", "0x1p3", "-nan", "1h", "1 ", "١"])
  func otherTexts(text: String) {
    #expect(half(text) == .failure(.notANumber))
  }

  /// All digits of a value that is halfway between two of these: it has so few bits that each step is exact.
  private func exactText(_ value: Double) -> String {
    var text = "\(UInt64(value))."
    var rest = value - value.rounded(.towardZero)
    while rest > 0 {
      text += "\(Int(rest * 10))"
      rest = rest * 10 - (rest * 10).rounded(.towardZero)
    }
    return text
  }
}
