import Glibc
import TestSupport
import Testing

@testable import DecimalText

/// Whether both parsers agree with the C library on `text`, which is a number.
private func agrees(_ text: String) -> Bool {
  let expectedDouble = strtod(text, nil)
  let expectedFloat = strtof(text, nil)
  let readDouble = double(text).map(\.bitPattern)
  let readFloat = float(text).map(\.bitPattern)
  return readDouble == (expectedDouble.isFinite ? .success(expectedDouble.bitPattern) : .failure(.outOfRange))
    && readFloat == (expectedFloat.isFinite ? .success(expectedFloat.bitPattern) : .failure(.outOfRange))
}

/// The exact decimal digits of `number * 2^exponent`, and their power of ten.
private func exactDecimal(_ number: UInt64, _ exponent: Int) -> (digits: String, exponent: Int) {
  var rest = NaturalNumber(number)
  if exponent >= 0 {
    rest.shiftLeft(by: exponent)
  } else {
    for _ in 0..<(-exponent) { rest.multiply(by: 5) }
  }
  var digits: [UInt8] = []
  while !rest.words.isEmpty {
    var quotient = rest
    quotient.divide(by: 10)
    var tenfold = quotient
    tenfold.multiply(by: 10)
    digits.append(UInt8(ascii: "0") + UInt8(rest.words[0] &- (tenfold.words.first ?? 0)))
    rest = quotient
  }
  return (String(decoding: digits.reversed(), as: UTF8.self), min(exponent, 0))
}

@Suite struct FloatParsingTests {
  @Test(arguments: ["inf", "INF", "iNf", "+inf"])
  func infinity(text: String) {
    #expect(double(text) == .success(.infinity))
    #expect(float(text) == .success(.infinity))
    #expect(double("-" + text.drop { $0 == "+" }) == .success(-.infinity))
  }

  @Test(arguments: ["nan", "NaN", "NAN"])
  func notANumberAsValue(text: String) throws {
    #expect(try double(text).get().isNaN)
    #expect(try float(text).get().isNaN)
  }

  @Test(arguments: [
    "", "+", "-", ".", "-.", "+.e1", "e1", ".e1", "1e", "1e+", "1e-", "1e1.", "1.2.3", "1..", " 1", "1 ",
    "0x10", "0x1p3", "1p3",
    "infinity", "in", "infi", "nan(1)", "-nan", "+nan", "--1", "+-1", "1-", "1e--1", "1e+-1", "1\0", "\01",
    "1,5", "1_0", "1f", "1d5",
    "1e1e1", "١", "12345678x", "1.12345678x", "0.1234567/", "0.1234567:", "1e400x", "é", "inf\0", "\0",
  ])
  func otherTexts(text: String) {
    #expect(double(text) == .failure(.notANumber))
    #expect(float(text) == .failure(.notANumber))
  }

  @Test(arguments: [
    "0", "-0", "+0", "-0.0", "0e999999999999999999999999", "-0e-99999999999999999999", ".5", "5.", "+5.e3",
    "-.5E-3", "1e0000000000000022",
    "1e23", "8.5e22", "9007199254740993", "9007199254740993.0", "9007199254740993.00000000000000000000000001",
    "16777217",
    "16777217.0000000000000000000000000001", "1.00000005960464477539062500000000000000000000001",
    "1.000000059604644775390625",
    "2.4703282292062327208e-324", "2.4703282292062328e-324", "2.47032822920623e-324", "4.9e-324",
    "2.2250738585072011e-308",
    "2.2250738585072012e-308", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
    "-1e309", "1e400",
    "1e-400", "3.4028235e38", "3.4028235677973366e38", "3.4028235677973362e38", "7.0064923216240853e-46",
    "7.0064923216240854e-46",
    "7.0064923216240862e-46", "1e-46", "1e99999999999999999999999999999999999999",
    "1e-99999999999999999999999999999999999999",
    "0.000000000000000000000000000000000000000000000000000000000001e60",
    "100000000000000000000000000000000000000000000000000e-50",
    "6.9294956446009195e15", "3.7455744005952583e15", "1.448997445238699", "7.2057594037927933e16",
    "179769313486231580793e289",
    "123456789012345678901234567890", "1234567890123456789e-330", "9223372036854775808", "18446744073709551615",
    "18446744073709551616",
  ])
  func knownTexts(text: String) {
    #expect(agrees(text))
  }

  @Test(arguments: [10, 11])
  func randomDecimals(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<4_000 {
      var text = generator.next() & 1 == 0 ? "-" : ""
      text += generator.digits(Int(generator.next() % 41))
      if generator.next() & 1 == 0 { text += "." + generator.digits(Int(generator.next() % 30)) }
      text += generator.digits(1)
      if generator.next() & 3 != 0 { text += "e\(Int(generator.next() % 700) - 350)" }
      #expect(agrees(text), "\(text) (seed \(seed))")
    }
  }

  @Test func roundTripOfManyDigits() {
    var generator = SeededGenerator(seed: 12)
    for _ in 0..<4_000 {
      let value = Double(bitPattern: generator.next() & ~(1 << 62))
      let (digits, exponent) = exactDecimal(value.significandBitPattern | 1 << 52, Int(generator.next() % 200) - 100)
      #expect(agrees("\(digits.prefix(17 + Int(generator.next() % 24)))e\(exponent)"))
    }
  }

  /// Midpoints of neighbours, exactly and one in a far digit above and below.
  @Test(arguments: [53, 24])
  func halfwayCases(bits: UInt64) {
    var generator = SeededGenerator(seed: bits)
    let exponents = bits == 53 ? -1075...970 : -150...103
    for _ in 0..<120 {
      // With fewer bits, the midpoint of subnormals.
      let significand = generator.next() >> (64 - bits + (generator.next() & 7 == 0 ? generator.next() % bits : 0))
      let exponent = generator.next() & 3 == 0 ? exponents.lowerBound : Int.random(in: exponents, using: &generator)
      let (digits, power) = exactDecimal(2 * significand + 1, exponent)
      let zeros = String(repeating: "0", count: 900)
      #expect(agrees("\(digits)e\(power)"))
      #expect(agrees("\(digits).\(zeros)e\(power)"))
      #expect(agrees("\(digits).\(zeros)1e\(power)"))
      #expect(agrees("0.000\(digits)1e\(power + digits.count + 3)"))
      #expect(agrees("\(digits.dropLast())49999999999999999999999999e\(power)"))
    }
  }

  @Test func everyByteAtEveryPlace() {
    let valid = Array("1234567890.1234567890e22".utf8)
    let allowed = Set("0123456789".utf8)
    for byte in UInt8.min...UInt8.max where !allowed.contains(byte) {
      for place in valid.indices where valid[place] != byte {
        var text = valid
        text[place] = byte
        let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
        let isExponent = byte | 0x20 == UInt8(ascii: "e")
        // A sign may be first or after the `e`; a second point or `e` never; an `e` for a point needs the other gone.
        if isSign && (place == 0 || place == valid.count - 2) { continue }
        if isExponent && valid[place] == UInt8(ascii: "e") { continue }
        #expect(outcome(text, NumberParser.double) == .failure(.notANumber), "\(text)")
        #expect(outcome(text, NumberParser.float) == .failure(.notANumber), "\(text)")
      }
    }
  }

  @Test func megabytes() {
    let count = 1 << 20
    let zeros = String(repeating: "0", count: count)
    let nines = String(repeating: "9", count: count)
    #expect(double(zeros) == .success(0))
    #expect(double(zeros + "." + zeros + "e" + nines) == .success(0))
    #expect(double(nines) == .failure(.outOfRange))
    #expect(double(nines + "e-\(count)") == .success(1))
    #expect(double("0." + zeros + "1e\(count + 1)") == .success(1))
    #expect(double("1" + zeros + "e-\(count)") == .success(1))
    #expect(double("1e" + zeros + "5") == .success(1e5))
    #expect(double("1e" + nines) == .failure(.outOfRange))
    #expect(double("1e-" + nines) == .success(0))
    #expect(double("9007199254740993." + zeros) == .success(9_007_199_254_740_992))
    #expect(float("16777217." + zeros + "1") == .success(16_777_218))
    #expect(double(nines + "x") == .failure(.notANumber))
    #expect(double("1e" + nines + "x") == .failure(.notANumber))
  }

  /// Changed texts are numbers exactly when a plain reading of the grammar says so, and then the C library's.
  @Test func mutations() {
    var generator = SeededGenerator(seed: 13)
    let alphabet = Array("0123456789+-.eE nNaAiIfFx\0".utf8)
    let seeds = ["-123.456e+12", ".5", "5.", "inf", "nan", "1234567890123456789012", "0.12345678901234567", "1E5"]
    for _ in 0..<6_000 {
      var text = Array(seeds[Int(generator.next() % UInt64(seeds.count))].utf8)
      for _ in 0...(generator.next() % 3) {
        let place = Int(generator.next() % UInt64(text.count + 1))
        let byte = alphabet[Int(generator.next() % UInt64(alphabet.count))]
        switch generator.next() % 3 {
        case 0: text.insert(byte, at: place)
        case 1 where place < text.count: text[place] = byte
        default: if place < text.count { text.remove(at: place) }
        }
      }
      let string = String(decoding: text, as: UTF8.self)
      if string.wholeMatch(of: /[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?/) != nil {
        #expect(agrees(string), "\(string)")
      } else if string.wholeMatch(of: /([+-]?[iI][nN][fF])|[nN][aA][nN]/) != nil {
        #expect((try? double(string).get().isFinite) == false, "\(string)")
      } else {
        #expect(double(string) == .failure(.notANumber), "\(string)")
        #expect(float(string) == .failure(.notANumber), "\(string)")
      }
    }
  }
}
