import MappedArray

/// What is saved of a binding (RDB files and `DUMP`), version 1. In this order:
///
/// - string: the path relative to the root
/// - string: the short name of the element type
/// - unsigned: the flags below
/// - with `.columns`: unsigned: how many elements a row of the raw file has
/// - with `.named`: string: the path of its file on the server that loads it, where that is another
/// - with `.synchronization`: two unsigned: the server that saved it for a replica, and which of its synchronisations that
///   is for
/// - with `.arriving`: unsigned: how many of the elements have arrived
/// - with `.contents`: unsigned count of elements; unsigned number of dimensions, and each; the packed elements as
///   strings of `pieceBytes`, the last one shorter; with `.synchronization` also unsigned 1, or 0 if a part of them could
///   not be read and is zeros
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
    /// The server that saved it had no array, and what has its name in a root does not stand for it.
    package static let absent = Flags(rawValue: 8)
    package static let named = Flags(rawValue: 16)
    package static let synchronization = Flags(rawValue: 32)
    /// The contents are on their way, and more follow.
    package static let arriving = Flags(rawValue: 64)
    /// The contents are more than a payload can hold: it is none.
    package static let tooLarge = Flags(rawValue: 128)
    /// It is absent because that server could not store it, and has asked for it again: so must whoever loads this.
    package static let owed = Flags(rawValue: 256)
    /// It is a raw file with rows.
    package static let columns = Flags(rawValue: 512)
    package static let known: Flags = [
      .raw, .readOnly, .contents, .absent, .named, .synchronization, .arriving, .tooLarge, .owed, .columns,
    ]

    /// Whether what is said of contents is said of some, and what is said of a raw file of one.
    var isConsistent: Bool {
      guard contains(.raw) || !contains(.columns) else { return false }
      return contains(.contents)
        ? isDisjoint(with: [.absent, .tooLarge, .owed]) : isDisjoint(with: [.synchronization, .arriving])
    }
  }

  /// A full synchronisation: the server that saved for it, and its number there. Both are random.
  package struct Synchronization: Equatable, Sendable {
    package let node: UInt64
    package let number: UInt64

    package init(node: UInt64, number: UInt64) {
      self.node = node
      self.number = number
    }
  }

  /// As it was saved: it may lead anywhere.
  package let path: [UInt8]
  package let elementType: ElementType
  package private(set) var flags: Flags
  package var columns: Int? { didSet { set(.columns, columns != nil) } }
  /// The path of its file, where that is another; as it was saved.
  package var file: [UInt8]? { didSet { set(.named, file != nil) } }
  package var synchronization: Synchronization? { didSet { set(.synchronization, synchronization != nil) } }
  package var arrivedCount: Int? { didSet { set(.arriving, arrivedCount != nil) } }

  package init(path: [UInt8], elementType: ElementType, flags: Flags) {
    self.path = path
    self.elementType = elementType
    self.flags = flags
  }

  private mutating func set(_ flag: Flags, _ isSet: Bool) {
    if isSet { flags.insert(flag) } else { flags.remove(flag) }
  }

  package var layout: ArrayLayout { ArrayLayout(elementType, flags.contains(.raw) ? .raw : .npy, columns: columns) }
  package var access: Access { flags.contains(.readOnly) ? .readOnly : .writable }
}

/// A 64-bit digest that any change of one bit changes: it finds damage, and is no defence against intent.
package struct RecordDigest {
  package private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

  package init() {}

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
