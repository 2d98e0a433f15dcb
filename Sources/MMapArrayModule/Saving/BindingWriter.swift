import BindingRecords
import MappedArray
import ModuleWork
import ServerModule

/// Saves a binding, with the contents of its array where a replica or another server is to have them.
struct BindingWriter {
  let output: SavedValueWriter
  let saving: Saving

  func save(_ binding: Binding) {
    var flags: BindingRecord.Flags = []
    if binding.format == .raw { flags.insert(.raw) }
    if binding.access == .readOnly { flags.insert(.readOnly) }
    let array = arrayToSave(of: binding)
    if array != nil { flags.insert(.contents) }
    var writer = RecordWriter(output)
    writer.write(BindingRecord(path: path(of: binding), elementType: binding.elementType, flags: flags))
    if let array {
      writer.write(shape: array.file.shape)
      array.forEachSavedPiece { writer.write(piece: $1) }
    }
    writer.end()
  }

  /// A file that has several names here has one on a replica.
  private func path(of binding: Binding) -> [UInt8] {
    guard saving.plan == .synchronization, binding.access == .writable, case .attached(let array) = binding.state
    else { return binding.path.bytes }
    return array.file.path.bytes
  }

  /// The array whose contents are saved, if any are.
  private func arrayToSave(of binding: Binding) -> ServedArray? {
    guard binding.access == .writable, case .attached(let array) = binding.state else { return nil }
    switch saving.plan {
    case .bindings: return nil
    case .synchronization: return saving.claimContents(of: array) ? array : nil
    case .payload:
      array.unfinishedChange?.complete()
      return array
    }
  }
}

extension SavedValueWriter: RecordSink {}

extension ServedArray {
  /// Reads the contents from the file and calls `body` with the index of each piece and its packed elements. The pieces
  /// are as long as `BindingRecord` has them. What cannot be read is zeros, and a line in the log.
  func forEachSavedPiece(_ body: (Int, UnsafeRawBufferPointer) -> Void) {
    let (count, size) = (file.count, elementType.size)
    let length = BindingRecord.pieceBytes / size
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: BindingRecord.pieceBytes, alignment: 16)
    defer { piece.deallocate() }
    for start in stride(from: 0, to: count, by: length) {
      let bytes = UnsafeMutableRawBufferPointer(rebasing: piece[..<(min(length, count - start) * size)])
      do {
        try file.readPacked(at: start, into: bytes)
      } catch {
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        Context.none.log(.warning, "a part of an array is saved as zeros: \(error)")
      }
      body(start, UnsafeRawBufferPointer(bytes))
    }
  }
}
