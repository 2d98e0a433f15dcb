import DecimalText
import TestSupport
import Testing

@Suite struct IntegerParsingTests {
  private func checkExtremes<Value: FixedWidthInteger>(of type: Value.Type) {
    let least = Int128(Value.min)
    let greatest = Int128(Value.max)
    for value in [least, least + 1, 0, 1, greatest - 1, greatest] {
      let magnitude = String(value.magnitude)
      let sign = value < 0 ? "-" : ""
      #expect(integer(sign + magnitude, as: type) == .success(Value(truncatingIfNeeded: value)))
      let padded = sign + String(repeating: "0", count: 40) + magnitude
      #expect(integer(padded, as: type) == .success(Value(truncatingIfNeeded: value)))
      if value >= 0 { #expect(integer("+" + magnitude, as: type) == .success(Value(truncatingIfNeeded: value))) }
    }
    for value in [least - 1, greatest + 1, greatest * 10, greatest * 2 + 1, greatest * 2 + 2] {
      #expect(integer(String(value), as: type) == .failure(.outOfRange))
    }
    #expect(integer("-0", as: type) == .success(0))
    #expect(integer("340282366920938463463374607431768211456", as: type) == .failure(.outOfRange))
  }

  @Test func extremesOfEachType() {
    checkExtremes(of: Int8.self)
    checkExtremes(of: Int16.self)
    checkExtremes(of: Int32.self)
    checkExtremes(of: Int64.self)
    checkExtremes(of: UInt8.self)
    checkExtremes(of: UInt16.self)
    checkExtremes(of: UInt32.self)
    checkExtremes(of: UInt64.self)
  }

  @Test(arguments: [
    "", "+", "-", "+-1", "--1", "1-", "1+", " 1", "1 ", "1.", "1e1", "0x1", "1\0", "\01", "1_0", "١",
    "99999999999999999999x",
    "inf", "nan", "00000000000000000000-",
  ])
  func otherTexts(text: String) {
    #expect(integer(text, as: Int64.self) == .failure(.notANumber))
    #expect(integer(text, as: UInt64.self) == .failure(.notANumber))
    #expect(integer(text, as: Int8.self) == .failure(.notANumber))
    #expect(outcome(Array(text.utf8), NumberParser.index) == .failure(.notANumber))
  }

  @Test func indexes() {
    #expect(outcome(Array("000000000042".utf8), NumberParser.index) == .success(42))
    #expect(outcome(Array("-7".utf8), NumberParser.index) == .success(-7))
    #expect(outcome(Array("9223372036854775808".utf8), NumberParser.index) == .failure(.outOfRange))
  }

  @Test func everyByteAtEveryPlace() {
    let valid = Array("-1234567890123456789".utf8)
    for byte in UInt8.min...UInt8.max where !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      for place in valid.indices where place > 0 || (byte != UInt8(ascii: "-") && byte != UInt8(ascii: "+")) {
        var text = valid
        text[place] = byte
        #expect(outcome(text, NumberParser.index) == .failure(.notANumber), "\(text)")
      }
    }
  }

  @Test func megabytes() {
    let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: 1 << 20)
    let nines = [UInt8](repeating: UInt8(ascii: "9"), count: 1 << 20)
    #expect(outcome(zeros, NumberParser.index) == .success(0))
    #expect(outcome(zeros + Array("17".utf8), NumberParser.index) == .success(17))
    #expect(outcome(nines, NumberParser.index) == .failure(.outOfRange))
    #expect(outcome(nines + [0], NumberParser.index) == .failure(.notANumber))
  }

  /// Against Swift's own parser, which has the same grammar.
  @Test func mutations() {
    var generator = SeededGenerator(seed: 8)
    let alphabet = Array("0123456789+- .ex\0".utf8)
    for _ in 0..<10_000 {
      var text = Array(generator.digits(Int(generator.next() % 24)).utf8)
      for _ in 0..<(generator.next() % 3) where !text.isEmpty {
        text[Int(generator.next() % UInt64(text.count))] = alphabet[Int(generator.next() % UInt64(alphabet.count))]
      }
      let string = String(decoding: text, as: UTF8.self)
      #expect((try? integer(string, as: Int64.self).get()) == Int64(string), "\(string)")
      #expect((try? integer(string, as: UInt64.self).get()) == UInt64(string), "\(string)")
      #expect((try? integer(string, as: Int16.self).get()) == Int16(string), "\(string)")
    }
  }
}
