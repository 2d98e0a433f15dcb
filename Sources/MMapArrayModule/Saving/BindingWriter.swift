import CModuleShim
import MappedArray

/// Saves a binding, with the contents of its array where a replica or another server is to have them.
struct BindingWriter {
  private let io: OpaquePointer?

  init(_ io: OpaquePointer?) {
    self.io = io
  }

  func save(_ binding: Binding) {
    var flags: BindingRecord.Flags = []
    if binding.format == .raw { flags.insert(.raw) }
    if binding.access == .readOnly { flags.insert(.readOnly) }
    let array = arrayToSave(of: binding)
    if array != nil { flags.insert(.contents) }
    var writer = RecordWriter(ServerRecord(io))
    writer.write(BindingRecord(path: path(of: binding), elementType: binding.elementType, flags: flags))
    if let array { writer.write(array) }
    writer.end()
  }

  /// A file that has several names here has one on a replica.
  private func path(of binding: Binding) -> [UInt8] {
    guard binding.access == .writable, case .attached(let array) = binding.state,
      Module.current.lifecycle.savesForReplica
    else { return binding.path.bytes }
    return array.file.path.bytes
  }

  /// The array whose contents are saved, if any are.
  private func arrayToSave(of binding: Binding) -> ServedArray? {
    guard binding.access == .writable, case .attached(let array) = binding.state else { return nil }
    return Module.current.lifecycle.savesContents(of: array, server_GetContextFromIO(io)) ? array : nil
  }
}

extension RecordWriter {
  fileprivate mutating func write(_ array: ServedArray) {
    write(shape: array.file.shape)
    array.forEachSavedPiece { write(piece: $1) }
  }
}

extension ServedArray {
  /// Reads the contents from the file and calls `body` with the index of each piece and its packed elements. The pieces
  /// are as long as `BindingRecord` has them.
  func forEachSavedPiece(_ body: (Int, UnsafeRawBufferPointer) -> Void) {
    let (count, size) = (file.count, file.elementSize)
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
