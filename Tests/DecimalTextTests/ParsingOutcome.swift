import DecimalText
import TestSupport

extension SeededGenerator {
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

func half(_ text: String) -> Result<Float16, NumberSyntaxError> {
  outcome(Array(text.utf8), NumberParser.half)
}
