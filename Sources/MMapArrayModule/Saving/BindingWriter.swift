import CModuleShim
import Glibc
import MappedArray

/// Saves a binding, with the contents of its array where a replica or another server is to have them.
struct BindingWriter {
  private let io: OpaquePointer?
  private var digest = RecordDigest()

  init(_ io: OpaquePointer?) {
    self.io = io
  }

  func save(_ binding: Binding) {
    var writer = self
    writer.write(binding)
  }

  private mutating func write(_ binding: Binding) {
    var flags: BindingRecord.Flags = []
    if binding.format == .raw { flags.insert(.raw) }
    if binding.access == .readOnly { flags.insert(.readOnly) }
    let array = arrayToSave(of: binding)
    if array != nil { flags.insert(.contents) }
    path(of: binding).bytes.withUnsafeBytes { write($0) }
    Array(binding.elementType.name.utf8).withUnsafeBytes { write($0) }
    write(flags.rawValue)
    if let array { write(array) }
    server_SaveUnsigned(io, digest.value)
  }

  /// A file that has several names here has one on a replica.
  private func path(of binding: Binding) -> RelativePath {
    guard binding.access == .writable, case .attached(let array) = binding.state,
      Module.current.lifecycle.savesForReplica
    else { return binding.path }
    return array.path
  }

  /// The array whose contents are saved, if any are.
  private func arrayToSave(of binding: Binding) -> ServedArray? {
    guard binding.access == .writable, case .attached(let array) = binding.state else { return nil }
    return Module.current.lifecycle.savesContents(of: array, server_GetContextFromIO(io)) ? array : nil
  }

  private mutating func write(_ array: ServedArray) {
    let shape = array.shape
    let count = shape.reduce(1, &*)
    write(UInt64(count))
    write(UInt64(shape.count))
    for dimension in shape { write(UInt64(dimension)) }
    array.forEachSavedPiece { write($1) }
  }

  private mutating func write(_ number: UInt64) {
    digest.add(number)
    server_SaveUnsigned(io, number)
  }

  private mutating func write(_ bytes: UnsafeRawBufferPointer) {
    digest.add(bytes)
    server_SaveStringBuffer(io, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
  }
}

extension ServedArray {
  /// Reads the contents from the file and calls `body` with the index of each piece and its packed elements. The pieces
  /// are as long as `BindingRecord` has them.
  func forEachSavedPiece(_ body: (Int, UnsafeRawBufferPointer) -> Void) {
    let (count, size) = (shape.reduce(1, &*), elementType.size)
    let length = BindingRecord.pieceBytes / size
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: BindingRecord.pieceBytes, alignment: 16)
    defer { piece.deallocate() }
    for start in stride(from: 0, to: count, by: length) {
      let bytes = UnsafeMutableRawBufferPointer(rebasing: piece[..<(min(length, count - start) * size)])
      readPacked(at: start, into: bytes)
      body(start, UnsafeRawBufferPointer(bytes))
    }
  }
}
