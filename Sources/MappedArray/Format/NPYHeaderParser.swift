/// Reads a `.npy` header: the fixed part, and the text of a Python dictionary with the three keys.
///
/// The text is a literal as Python's `ast.literal_eval` takes it, so any spacing, either quote and any order of keys
/// are understood, as NumPy does. It is read once from left to right; nothing is allocated by a length found in it.
struct NPYHeaderParser {
  private let bytes: [UInt8]
  private var position: Int

  static let mostDimensions = 64
  private static let mostQuotedBytes = 32

  /// How many bytes the header has, once `prefix` holds the first 12 bytes of the file or all there are.
  ///
  /// - Returns: nil if the bytes are not the beginning of a `.npy` file.
  static func length(prefix: [UInt8]) throws(NPYHeaderError) -> Int? {
    guard prefix.starts(with: NPYHeader.magic) else { return nil }
    guard prefix.count >= 8 else { throw .truncated }
    let (major, minor) = (prefix[6], prefix[7])
    guard (1...3).contains(major), minor == 0 else { throw .version(major, minor) }
    let lengthEnd = major == 1 ? 10 : 12
    guard prefix.count >= lengthEnd else { throw .truncated }
    let text = prefix[8..<lengthEnd].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard lengthEnd + text <= NPYHeader.largestDataOffset else { throw .tooLong(bytes: lengthEnd + text) }
    return lengthEnd + text
  }

  /// Parses a whole header.
  ///
  /// - Parameters:
  ///   - bytes: the file's first bytes, as many as `length(prefix:)` told, or fewer if the file ends before.
  ///   - fileSize: in bytes.
  /// - Complexity: O(`bytes.count`).
  static func parse(_ bytes: [UInt8], fileSize: Int) throws(NPYHeaderError) -> NPYHeader {
    guard let length = try length(prefix: Array(bytes.prefix(12))), bytes.count >= length else { throw .truncated }
    var parser = NPYHeaderParser(bytes: Array(bytes.prefix(length)), position: bytes[6] == 1 ? 10 : 12)
    let header = try parser.header()
    let (needed, overflow) = header.count.multipliedReportingOverflow(by: header.elementType.size)
    guard !overflow, needed <= Int.max - length else { throw .tooManyElements }
    guard fileSize - length >= needed else { throw .missingData(bytes: fileSize - length, of: needed) }
    return header
  }

  private mutating func header() throws(NPYHeaderError) -> NPYHeader {
    var elementType: ElementType?
    var fortranOrder: Bool?
    var shape: Shape?

    try expect("{")
    while !skip("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr":
        guard elementType == nil else { throw .repeatedKey(key) }
        elementType = try self.elementType()
      case "fortran_order":
        guard fortranOrder == nil else { throw .repeatedKey(key) }
        fortranOrder = try boolean()
      case "shape":
        guard shape == nil else { throw .repeatedKey(key) }
        shape = try self.shape()
      default: throw .unknownKey(key)
      }
      if !skip(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard position == bytes.count else { throw malformed("nothing but spaces behind the dictionary") }

    guard let elementType else { throw .missingKey("descr") }
    guard let fortranOrder else { throw .missingKey("fortran_order") }
    guard let shape else { throw .missingKey("shape") }
    guard !shape.dimensions.isEmpty else { throw .noDimensions }
    // One dimension is the same in either order.
    guard !fortranOrder || shape.dimensions.count == 1 else { throw .fortranOrder(dimensions: shape.dimensions.count) }
    return NPYHeader(
      version: bytes[6], elementType: elementType, shape: shape.dimensions, rowSize: shape.rowSize,
      dataOffset: bytes.count, rowDigits: shape.rowDigits)
  }

  private struct Shape {
    var dimensions: [Int] = []
    var rowSize = 1
    var rowDigits = 0..<0
  }

  private mutating func shape() throws(NPYHeaderError) -> Shape {
    var shape = Shape()
    var hasComma = false
    try expect("(")
    while !skip(")") {
      guard shape.dimensions.count < NPYHeaderParser.mostDimensions else { throw .tooManyDimensions }
      skipSpaces()
      let start = position
      let dimension = try integer()
      let digits = start..<position
      // Python 2 wrote long integers with an L, which NumPy still reads.
      if position < bytes.count, bytes[position] == UInt8(ascii: "L"), bytes[6] < 3 { position += 1 }
      if shape.dimensions.isEmpty { shape.rowDigits = digits }
      shape.dimensions.append(dimension)
      hasComma = skip(",")
      if !hasComma {
        try expect(")")
        break
      }
    }
    // (5) is a number in Python and no shape.
    guard shape.dimensions.count != 1 || hasComma else { throw malformed("a comma behind a single dimension") }
    guard elementCount(shape: shape.dimensions) != nil,
      let rowSize = elementCount(shape: shape.dimensions.dropFirst())
    else { throw .tooManyElements }
    shape.rowSize = rowSize
    return shape
  }

  /// Decimal digits without a leading zero, as Python takes them.
  private mutating func integer() throws(NPYHeaderError) -> Int {
    let start = position
    var value = 0
    while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
      let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (next, stillTooLarge) = tens.addingReportingOverflow(Int(digit))
      guard !tooLarge, !stillTooLarge else { throw .tooManyElements }
      value = next
      position += 1
    }
    guard position > start else { throw malformed("a dimension of decimal digits") }
    guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      position = start
      throw malformed("a dimension without leading zeros")
    }
    return value
  }

  private mutating func elementType() throws(NPYHeaderError) -> ElementType {
    skipSpaces()
    guard let next = current, next == UInt8(ascii: "'") || next == UInt8(ascii: "\"") else {
      // A list of fields: a record type.
      throw .elementType(
        descr: quoted(from: position, to: min(bytes.count, position + NPYHeaderParser.mostQuotedBytes)))
    }
    let descr = try string()
    guard let type = ElementType(numpyCode: descr.dropFirst()) else {
      throw .elementType(descr: descr)
    }
    switch descr.utf8.first {
    case UInt8(ascii: "<"): return type
    case UInt8(ascii: "|") where !type.hasByteOrder: return type
    // One byte has no order, and those of a string have one anyway.
    case UInt8(ascii: ">") where !type.hasByteOrder: return type
    case UInt8(ascii: ">"): throw .byteOrder(descr: descr)
    default: throw .elementType(descr: descr)
    }
  }

  private mutating func boolean() throws(NPYHeaderError) -> Bool {
    skipSpaces()
    for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw malformed("True or False")
  }

  /// A string literal without escapes, of printable ASCII.
  private mutating func string() throws(NPYHeaderError) -> String {
    skipSpaces()
    guard let quote = current, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw malformed("a quoted string")
    }
    let start = position + 1
    guard let end = bytes[start...].firstIndex(of: quote) else { throw malformed("the string's closing quote") }
    for (index, byte) in bytes[start..<end].enumerated() {
      guard (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\\") else {
        position = start + index
        throw malformed("printable ASCII without escapes")
      }
    }
    position = end + 1
    return quoted(from: start, to: min(end, start + NPYHeaderParser.mostQuotedBytes))
  }

  private func quoted(from start: Int, to end: Int) -> String {
    // Not what bytes were there but what can be shown of them: this ends up in error messages.
    String(decoding: bytes[start..<end].map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpaces() {
    while let byte = current, [0x20, 0x09, 0x0A, 0x0D, 0x0C].contains(byte) { position += 1 }
  }

  private mutating func skip(_ token: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard current == UInt8(ascii: token) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ token: Unicode.Scalar) throws(NPYHeaderError) {
    guard skip(token) else { throw malformed("'\(token)'") }
  }

  private func malformed(_ expected: String) -> NPYHeaderError { .malformed(at: position, expected: expected) }
}
