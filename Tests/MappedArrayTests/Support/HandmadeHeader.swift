@testable import MappedArray

/// A `.npy` header made by hand.
struct HandmadeHeader {
  var version: UInt8 = 1
  var text = "{'descr': '<f8', 'fortran_order': False, 'shape': (5,), }"
  /// What the text is padded to with spaces and a newline; nil: not at all.
  var dataOffset: Int?

  var bytes: [UInt8] {
    let lengthSize = version == 1 ? 2 : 4
    var text = Array(self.text.utf8)
    if let dataOffset {
      text += [UInt8](repeating: UInt8(ascii: " "), count: dataOffset - 9 - lengthSize - text.count) + [0x0A]
    }
    let length = (0..<lengthSize).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return NPYHeader.magic + [version, 0] + length + text
  }

  /// Parses the header as that of a file with so many bytes of data.
  func parse(dataBytes: Int = 1 << 40) throws(NPYHeaderError) -> NPYHeader {
    let bytes = bytes
    return try NPYHeaderParser.parse(bytes, fileSize: bytes.count + dataBytes)
  }

  /// Some of each kind.
  static let various = [
    HandmadeHeader(dataOffset: 128),
    HandmadeHeader(),
    HandmadeHeader(version: 2, dataOffset: 96),
    HandmadeHeader(
      version: 3, text: "{'shape': (2, 3, 4), \"fortran_order\": False, 'descr': '<i2'}", dataOffset: 80),
    HandmadeHeader(text: "{'descr': '|u1', 'fortran_order': True, 'shape': (1234567L,)}"),
    HandmadeHeader(text: "{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': ()}"),
  ]
}
