import MappedArray

/// What is saved of a binding (RDB files and `DUMP`), version 1. In this order:
///
/// - string: the path relative to the root
/// - string: the short name of the element type
/// - unsigned: the flags below
/// - with `.contents`: unsigned count of elements; unsigned number of dimensions, and each; the packed elements as
///   strings of `pieceBytes`, the last one shorter
/// - unsigned: the digest of all that
package struct BindingRecord {
  package static let version: Int32 = 1
  package static let pieceBytes = 1 << 20
  package static let maximumDimensionCount = 64

  package struct Flags: OptionSet {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let raw = Flags(rawValue: 1)
    package static let readOnly = Flags(rawValue: 2)
    package static let contents = Flags(rawValue: 4)
    package static let known: Flags = [.raw, .readOnly, .contents]
  }

  /// As it was saved: it may lead anywhere.
  package let path: [UInt8]
  package let elementType: ElementType
  package let flags: Flags

  package init(path: [UInt8], elementType: ElementType, flags: Flags) {
    self.path = path
    self.elementType = elementType
    self.flags = flags
  }

  package var format: FileFormat { flags.contains(.raw) ? .raw : .npy }
  package var access: Access { flags.contains(.readOnly) ? .readOnly : .writable }
}

/// A 64-bit digest that any change of one bit changes: it finds damage, and is no defence against intent.
package struct RecordDigest {
  package private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

  package mutating func add(_ number: UInt64) {
    // Each step is a bijection of the state and of the number, so no single change can cancel out.
    value = (value ^ number) &* 0xFF51_AFD7_ED55_8CCD
    value ^= value >> 32
  }

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    add(UInt64(bytes.count))
    let words = bytes.count / 8
    for index in 0..<words { add(bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
    for byte in bytes[(8 * words)...] { add(UInt64(byte)) }
  }
}
