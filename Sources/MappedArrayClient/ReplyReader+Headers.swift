extension ReplyReader {
  /// The kinds of replies, by the byte that each begins with.
  enum Kind: UInt8 {
    case status = 0x2B  // +
    case error = 0x2D  // -
    case integer = 0x3A  // :
    case bulk = 0x24  // $
    case array = 0x2A  // *
    case null = 0x5F  // _
    case double = 0x2C  // ,
    case boolean = 0x23  // #
    case bulkError = 0x21  // !
    case verbatim = 0x3D  // =
    case bigNumber = 0x28  // (
    case map = 0x25  // %
    case set = 0x7E  // ~
    case attribute = 0x7C  // |
    case push = 0x3E  // >
  }

  /// The line that begins every reply; `body` is valid until more is read.
  struct Header {
    let kind: Kind
    let body: UnsafeRawBufferPointer
  }

  mutating func header() throws(ClientError) -> Header {
    let line = try line()
    guard let first = line.first, let kind = Kind(rawValue: first) else {
      throw malformed("reply", line)
    }
    return Header(kind: kind, body: UnsafeRawBufferPointer(rebasing: line.dropFirst()))
  }

  func malformed(_ expected: String, _ bytes: UnsafeRawBufferPointer) -> ClientError {
    .protocolViolation("no \(expected): \(String(reflecting: String(decoding: bytes.prefix(40), as: UTF8.self)))")
  }

  func integer(_ bytes: UnsafeRawBufferPointer) throws(ClientError) -> Int {
    var digits = bytes[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    guard !digits.isEmpty else { throw malformed("integer", bytes) }
    var value = 0
    for byte in digits {
      let digit = Int(byte) - 0x30
      let (tens, tooMany) = value.multipliedReportingOverflow(by: 10)
      // Towards the sign, so that the least integer can be read.
      let (sum, tooLarge) =
        isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
      guard 0...9 ~= digit, !tooMany, !tooLarge else { throw malformed("integer", bytes) }
      value = sum
    }
    return value
  }

  /// The length of a string or aggregate; nil for the -1 that is RESP2's null.
  func length(_ bytes: UnsafeRawBufferPointer) throws(ClientError) -> Int? {
    let value = try integer(bytes)
    guard value >= -1 else { throw malformed("length", bytes) }
    return value == -1 ? nil : value
  }

  func knownLength(_ bytes: UnsafeRawBufferPointer) throws(ClientError) -> Int {
    guard let value = try length(bytes) else { throw malformed("length", bytes) }
    return value
  }

  /// How many pairs a map has; twice that is an `Int` too.
  func pairCount(_ bytes: UnsafeRawBufferPointer) throws(ClientError) -> Int {
    let value = try knownLength(bytes)
    guard value < Int.max / 2 else { throw malformed("length", bytes) }
    return value
  }

  func boolean(_ bytes: UnsafeRawBufferPointer) throws(ClientError) -> Bool {
    switch (bytes.count, bytes.first) {
    case (1, UInt8(ascii: "t")): true
    case (1, UInt8(ascii: "f")): false
    default: throw malformed("boolean", bytes)
    }
  }

  /// The text of a double, which Swift can read.
  func double(_ bytes: UnsafeRawBufferPointer) throws(ClientError) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    let isHexadecimal = bytes.contains { $0 | 0x20 == UInt8(ascii: "x") }
    guard !isHexadecimal, Double(text) != nil else { throw malformed("double", bytes) }
    return text
  }

  func bigNumber(_ bytes: UnsafeRawBufferPointer) throws(ClientError) -> String {
    let digits = bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") ? bytes.dropFirst() : bytes[...]
    guard !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { throw malformed("big number", bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
