import DecimalText
import Glibc

/// A string of a fixed size, as NumPy's `S`: any bytes, and behind them zeros, which are no part of it.
///
/// The size of a Swift type is fixed, and that of an array's strings is known at run time only: `Storage` is a type of as
/// many bytes, which is put together at run time (see ``elementType(of:)``). So strings are elements like any other, in
/// code that is generic over them; but such code is not specialised, so that what it does for each element is slow. The
/// kernels know the size and do not.
struct ByteString<Storage: BitwiseCopyable & Sendable>: BitwiseCopyable, Sendable {
  private let storage: Storage

  /// In bytes.
  @inline(__always)
  static var size: Int { MemoryLayout<Storage>.size }

  /// Of no more bytes than there is room for; the rest is zeros.
  init(_ bytes: UnsafeRawBufferPointer) {
    storage = withUnsafeTemporaryAllocation(byteCount: Self.size, alignment: 1) { room in
      room.initializeMemory(as: UInt8.self, repeating: 0)
      UnsafeMutableRawBufferPointer(rebasing: room[..<min(bytes.count, room.count)])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(room.count)))
      return UnsafeRawBufferPointer(room).loadUnaligned(as: Storage.self)
    }
  }

  /// Calls `body` with all bytes.
  @inline(__always)
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { withUnsafeBytes(of: storage, body) }
}

extension ByteString: Comparable {
  static func == (first: ByteString, second: ByteString) -> Bool { order(first, second) == 0 }

  /// By their bytes, which have no sign.
  static func < (first: ByteString, second: ByteString) -> Bool { order(first, second) < 0 }

  private static func order(_ first: ByteString, _ second: ByteString) -> Int32 {
    first.withBytes { first in
      // Both have a byte, so they have addresses.
      second.withBytes { second in Self.order(first.baseAddress, second.baseAddress) }
    }
  }

  /// Less than zero, zero or greater, as the first is less than, equal to or greater than the second.
  @inline(__always)
  static func order(_ first: UnsafeRawPointer?, _ second: UnsafeRawPointer?) -> Int32 {
    guard let first, let second else { return 0 }
    return memcmp(first, second, size)
  }
}

extension ByteString: Hashable {
  func hash(into hasher: inout Hasher) { withBytes { hasher.combine(bytes: $0) } }
}

extension ByteString: Codable {
  init(from decoder: any Decoder) throws {
    let bytes = try [UInt8](from: decoder)
    guard bytes.count <= Self.size else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\(bytes.count) bytes, where \(Self.size) have room"))
    }
    self = bytes.withUnsafeBytes { ByteString($0) }
  }

  func encode(to encoder: any Encoder) throws { try withBytes { Array($0) }.encode(to: encoder) }
}

extension ByteString: MappableElement {
  static var elementType: ElementType { .string(StringSize(of: Storage.self)) }
  static var numberKind: NumberKind { .string }
  static var zero: ByteString { ByteString(UnsafeRawBufferPointer(start: nil, count: 0)) }
  static var mostTextBytes: Int { size }
  static var textRoom: Int { size }
  static var range: (least: String, greatest: String) { ("no byte", "\(size) bytes") }

  var number: ElementNumber { .text }

  static func parse(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> ByteString {
    guard text.count <= size else { throw .outOfRange }
    return ByteString(text)
  }

  /// Nothing can be added to a string.
  static func parseDelta(_ text: UnsafeRawBufferPointer) throws(NumberSyntaxError) -> Int128 { throw .notANumber }

  /// Without the zeros at the end.
  func write(to output: UnsafeMutablePointer<UInt8>) -> Int {
    withBytes { bytes in
      let count = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
      UnsafeMutableRawBufferPointer(start: output, count: Self.size).copyMemory(from: bytes)
      return count
    }
  }
}

// MARK: - Types of any size

private struct Twice<Half: BitwiseCopyable & Sendable>: BitwiseCopyable, Sendable {
  let first: Half
  let second: Half
}

private struct TwiceAndOne<Half: BitwiseCopyable & Sendable>: BitwiseCopyable, Sendable {
  let first: Half
  let second: Half
  let last: UInt8
}

extension StringSize {
  /// The type of strings of so many bytes.
  static func elementType(of bytes: Int) -> any MappableElement.Type {
    func strings<Storage: BitwiseCopyable & Sendable>(_: Storage.Type) -> any MappableElement.Type {
      ByteString<Storage>.self
    }
    return strings(storage(of: bytes))
  }

  /// A type of so many bytes: twice one of half as many, and one more if that is odd.
  private static func storage(of bytes: Int) -> any (BitwiseCopyable & Sendable).Type {
    guard bytes > 1 else { return UInt8.self }
    func twice<Half: BitwiseCopyable & Sendable>(_: Half.Type) -> any (BitwiseCopyable & Sendable).Type {
      bytes % 2 == 0 ? Twice<Half>.self : TwiceAndOne<Half>.self
    }
    return twice(storage(of: bytes / 2))
  }
}
