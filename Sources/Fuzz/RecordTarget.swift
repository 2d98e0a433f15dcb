import BindingRecords
import Glibc
import ServerModule

@testable import MMapArrayModule
@testable import MappedArray

/// Saved bindings: what is accepted is written and read back as the same, its path stays in the root, and its contents
/// make a file that is mapped or refused. A record with another byte in it is refused, or the same.
final class RecordTarget: FuzzTarget {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  func run(_ input: [UInt8]) {
    // The digest that no fuzzer guesses is not asked for.
    guard let accepted = try? Contents(reading: FieldBytes(input), checkingDigest: false) else { return }
    let written = accepted.written()
    let again = try? Contents(reading: written, checkingDigest: true)
    require(again == accepted, "what is written reads back as \(String(describing: again)) and not \(accepted)")
    if let position = input.last.map({ Int($0) % written.bytes.count }) {
      var changed = written
      changed.bytes[position] ^= input[0] | 1
      let damaged = try? Contents(reading: changed, checkingDigest: true)
      require(damaged == nil || damaged == accepted, "it is damaged and accepted")
    }
    _ = accepted.path.withUnsafeBytes { path in try? sandbox.root.relativePath(path) }
    if accepted.shape != nil { try? map(accepted) }
  }

  /// Does with contents what is done when they arrive.
  private func map(_ accepted: Contents) throws(MappedArrayError) {
    guard let shape = accepted.shape else { return }
    var file = try StagedFile(in: sandbox.root)
    let path = file.path
    defer { sandbox.root.remove(path) }
    if !accepted.isRaw { try file.appendHeader(accepted.elementType, shape: shape) }
    try accepted.elements.span.withUnsafeBytes { (bytes) throws(MappedArrayError) in try file.append(bytes) }
    let request = MappingRequest(accepted.record.layout, access: .writable)
    // Elements may look like a header.
    let array = try ServedArray(ArrayFile(opening: path, in: sandbox.root, for: request))
    let count = elementCount(shape: shape)
    require(elementCount(shape: array.file.shape) == count, "\(array.file.shape) is mapped and not \(shape)")
    require((try? array.count()) == count, "it has another count")
  }
}

/// What a record has.
private struct Contents: Equatable {
  let record: BindingRecord
  var shape: [Int]?
  var elements: [UInt8] = []

  var path: [UInt8] { record.path }
  var elementType: ElementType { record.elementType }
  var isRaw: Bool { record.flags.contains(.raw) }

  static func == (one: Contents, other: Contents) -> Bool {
    one.written().bytes == other.written().bytes
  }

  init(reading source: FieldBytes, checkingDigest: Bool) throws(LoadError) {
    var reader = RecordReader(source)
    record = try reader.record()
    if record.flags.contains(.contents) {
      let dimensions = try reader.shape()
      shape = dimensions
      var elements: [UInt8] = []
      try reader.contents(record.elementType, dimensions) { elements += $0 }
      self.elements = elements
    }
    if checkingDigest { try reader.end() }
  }

  func written() -> FieldBytes {
    var writer = RecordWriter(FieldBytes([]))
    writer.write(record)
    if let shape {
      writer.write(shape: shape)
      elements.withUnsafeBytes { bytes in
        for start in stride(from: 0, to: bytes.count, by: BindingRecord.pieceBytes) {
          let end = min(bytes.count, start + BindingRecord.pieceBytes)
          writer.write(piece: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        }
      }
    }
    writer.end()
    return writer.sink
  }
}

/// The fields of a record as bytes: a number below 255 is one byte, others are nine; a string follows its length.
private struct FieldBytes: RecordSource, RecordSink {
  var bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func unsigned() -> UInt64? {
    guard position < bytes.count else { return nil }
    position += 1
    guard bytes[position - 1] == 255 else { return UInt64(bytes[position - 1]) }
    guard bytes.count - position >= 8 else { return nil }
    position += 8
    return bytes[position - 8..<position].reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func string<Result>(
    _ body: (UnsafeRawBufferPointer) throws(LoadError) -> Result
  ) throws(LoadError) -> Result? {
    guard let length = unsigned(), length <= UInt64(bytes.count - position) else { return nil }
    let start = position
    position += Int(length)
    let string = Array(bytes[start..<position])
    return try string.span.withUnsafeBytes { (bytes) throws(LoadError) in try body(bytes) }
  }

  mutating func write(_ number: UInt64) {
    if number < 255 {
      bytes.append(UInt8(number))
    } else {
      bytes.append(255)
      for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
  }

  mutating func write(_ string: UnsafeRawBufferPointer) {
    write(UInt64(string.count))
    bytes += string
  }
}
