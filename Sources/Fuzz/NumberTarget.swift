import DecimalText
import Glibc
import MappedArray

/// Numbers: texts are read as the C library and Swift read them, and every number's text reads back to it.
struct NumberTarget: FuzzTarget {
  func run(_ input: [UInt8]) {
    input.withUnsafeBytes { bytes in
      checkIntegers(bytes)
      checkFloats(bytes)
      if bytes.count >= 8 { checkTexts(of: bytes.loadUnaligned(as: UInt64.self)) }
    }
  }

  // MARK: - Integers

  private static let integers = ElementType.numbers.compactMap { $0.accept(IntegerVisitor()) }

  private struct IntegerVisitor: ElementTypeVisitor {
    func visit<Element: MappableElement>(
      _ type: Element.Type
    ) -> (any (FixedWidthInteger & MappableElement).Type)? {
      type as? any (FixedWidthInteger & MappableElement).Type
    }
  }

  private func checkIntegers(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    for type in NumberTarget.integers { check(type, bytes, text) }
    require((try? NumberParser.index(bytes)) == Int64(text), "an index is read otherwise")
    let difference = Int128(text).flatMap { $0.magnitude <= UInt64.max ? $0 : nil }
    require((try? NumberParser.difference(bytes)) == difference, "a difference is read otherwise")
  }

  private func check<Integer: FixedWidthInteger & MappableElement>(
    _ type: Integer.Type, _ bytes: UnsafeRawBufferPointer, _ text: String
  ) {
    let value = try? NumberParser.integer(bytes, as: type)
    require(value == Integer(text), "\(type): \(text) is read as \(String(describing: value))")
    require((try? Integer.parse(bytes)) == value, "\(type) is read otherwise as an element")
    _ = try? Integer.parseDelta(bytes)
    guard let value else { return }
    require(NumberText(value).description == String(value), "\(value) is written otherwise")
  }

  // MARK: - Floats

  private func checkFloats(_ bytes: UnsafeRawBufferPointer) {
    let text = bytes.map { CChar(bitPattern: $0) } + [0]
    check(Double.self, bytes, { strtod(text, nil) })
    check(Float.self, bytes, { strtof(text, nil) })
    checkHalf(bytes, strtod(text, nil))
    _ = try? Double.parseDelta(bytes)
    _ = try? Float.parseDelta(bytes)
    _ = try? Float16.parseDelta(bytes)
  }

  /// The C library has no such; of a double the nearest f16 is the same, unless the double is halfway between two.
  private func checkHalf(_ bytes: UnsafeRawBufferPointer, _ double: Double) {
    let nearest = Float16(double)
    func isHalfway(_ value: Float16) -> Bool {
      nearest.isInfinite ? double.magnitude == 65520 : Double(value) + Double(nearest) == 2 * double
    }
    switch Result(catching: { () throws(NumberSyntaxError) in try Float16.parse(bytes) }) {
    case .success(let value):
      require(isSame(value, nearest) || isHalfway(value), "\(value) is \(double)")
    case .failure(.outOfRange): require(double.magnitude >= 65520, "it is \(double) to the C library")
    case .failure(.notANumber): require(!isPlain(bytes), "a number is refused")
    }
  }

  private func check<Value: BinaryFloatingPoint & MappableElement>(
    _ type: Value.Type, _ bytes: UnsafeRawBufferPointer, _ reference: () -> Value
  ) {
    switch Result(catching: { () throws(NumberSyntaxError) in try Value.parse(bytes) }) {
    case .success(let value): require(isSame(value, reference()), "\(value) is \(reference()) to the C library")
    case .failure(.outOfRange): require(reference().isInfinite, "it is \(reference()) to the C library")
    case .failure(.notANumber): require(!isPlain(bytes), "a number is refused")
    }
  }

  /// Whether it is digits, which may have a sign, a point between them and an exponent.
  private func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
    String(decoding: bytes, as: UTF8.self).wholeMatch(of: /[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil
  }

  private func isSame<Value: BinaryFloatingPoint>(_ first: Value, _ second: Value) -> Bool {
    first.isNaN && second.isNaN || first == second && first.sign == second.sign
  }

  // MARK: - Texts

  private func checkTexts(of bits: UInt64) {
    let double = Double(bitPattern: bits)
    NumberText(double).withBytes { text in
      require(text.count <= 24, "a text of \(text.count) bytes")
      require((try? NumberParser.double(text)).map { isSame($0, double) } == true, "\(double) does not read back")
    }
    let half = Float16(bitPattern: UInt16(truncatingIfNeeded: bits))
    NumberText(half).withBytes { text in
      require(text.count <= 11, "a text of \(text.count) bytes")
      require((try? NumberParser.half(text)).map { isSame($0, half) } == true, "\(half) does not read back")
    }
    let float = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
    NumberText(float).withBytes { text in
      require(text.count <= 24, "a text of \(text.count) bytes")
      require((try? NumberParser.float(text)).map { isSame($0, float) } == true, "\(float) does not read back")
    }
  }
}
