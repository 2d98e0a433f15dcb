/// The header of a `.npy` file: the element type and the shape
/// (https://numpy.org/neps/nep-0001-npy-format.html).
package struct NPYHeader: Equatable, Sendable {
  /// The major version, 1 to 3: how the length of the dictionary's text is stored.
  let version: UInt8
  package let elementType: ElementType
  /// The dimensions. The first is the number of rows; elements are stored row by row.
  package let shape: [Int]
  /// Elements in a row: the product of the dimensions behind the first.
  let rowSize: Int
  /// Bytes before the first element.
  let dataOffset: Int
  /// Where in the file the digits of the first dimension stand.
  let rowDigits: Range<Int>

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The data offset of the headers that are written here. NumPy 2 writes the same.
  static let newDataOffset = 128
  /// The longest header that is read, in bytes: what version 1 can hold. Only record types need more.
  static let largestDataOffset = 10 + Int(UInt16.max)

  /// Elements in all.
  var count: Int { shape[0] * rowSize }

  /// The header of a new file without elements.
  init(_ elementType: ElementType) { self.init(elementType, shape: [0], rowSize: 1) }

  /// The header of a file that is written here; nil if that is the shape of no array.
  init?(_ elementType: ElementType, shape: [Int]) {
    guard (1...NPYHeaderParser.mostDimensions).contains(shape.count), elementCount(shape: shape) != nil,
      let rowSize = elementCount(shape: shape.dropFirst())
    else { return nil }
    self.init(elementType, shape: shape, rowSize: rowSize)
  }

  private init(_ elementType: ElementType, shape: [Int], rowSize: Int) {
    let text = NPYHeader.text(elementType: elementType, shape: shape)
    let digits = 10 + (text.lastIndex(of: UInt8(ascii: "(")) ?? 0) + 1
    // As NumPy does: room for the first dimension to grow, and a multiple of 64 in all.
    let rowDigits = String(shape.first ?? 0).utf8.count
    let size = (10 + text.count + 22 - rowDigits) / 64 * 64 + 64
    self.init(
      version: 1, elementType: elementType, shape: shape, rowSize: rowSize,
      dataOffset: max(NPYHeader.newDataOffset, size), rowDigits: digits..<digits + rowDigits)
  }

  init(version: UInt8, elementType: ElementType, shape: [Int], rowSize: Int, dataOffset: Int, rowDigits: Range<Int>) {
    self.version = version
    self.elementType = elementType
    self.shape = shape
    self.rowSize = rowSize
    self.dataOffset = dataOffset
    self.rowDigits = rowDigits
  }

  /// The same header with another number of rows, or nil where the digits don't fit before the data.
  func with(rows: Int) -> NPYHeader? {
    let text = NPYHeader.text(elementType: elementType, shape: [rows] + shape.dropFirst())
    guard lengthEnd + text.count + 1 <= dataOffset, let digits = text.lastIndex(of: UInt8(ascii: "(")) else {
      return nil
    }
    let start = lengthEnd + digits + 1
    return NPYHeader(
      version: version, elementType: elementType, shape: [rows] + shape.dropFirst(), rowSize: rowSize,
      dataOffset: dataOffset, rowDigits: start..<start + String(rows).utf8.count)
  }

  /// The header's bytes, exactly as NumPy writes them, padded with spaces to the data offset.
  ///
  /// - Precondition: the text fits, as it does in a header made by `init(_:)`, `init(_:shape:)` or `with(rows:)`.
  var bytes: [UInt8] {
    var bytes = NPYHeader.magic + [version, 0]
    let length = dataOffset - lengthEnd
    for shift in stride(from: 0, to: 8 * (lengthEnd - 8), by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: length >> shift))
    }
    bytes += NPYHeader.text(elementType: elementType, shape: shape)
    bytes += Array(repeating: UInt8(ascii: " "), count: max(0, dataOffset - 1 - bytes.count))
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  /// Where the field with the length of the text ends and the text begins.
  private var lengthEnd: Int { version == 1 ? 10 : 12 }

  private static func text(elementType: ElementType, shape: [Int]) -> [UInt8] {
    let order = elementType.hasByteOrder ? "<" : "|"
    let dimensions = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    return Array(
      "{'descr': '\(order)\(elementType.numpyCode)', 'fortran_order': False, 'shape': (\(dimensions)), }".utf8)
  }
}
