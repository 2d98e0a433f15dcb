import BindingRecords
import MappedArray
import ModuleWork
import ServerModule

/// Saves a binding, with the contents of its array where a replica or another server is to have them.
struct BindingWriter {
  let output: SavedValueWriter
  let saving: Saving

  func save(_ binding: Binding) {
    let array = arrayToSave(of: binding)
    var writer = RecordWriter(output)
    let record = record(of: binding, with: array)
    writer.write(record)
    if let array {
      writer.write(shape: array.file.shape)
      let isWhole = array.forEachSavedPiece { writer.write(piece: $1) }
      writer.write(isWhole: isWhole, of: record)
    }
    writer.end()
  }

  private func record(of binding: Binding, with array: ServedArray?) -> BindingRecord {
    var flags: BindingRecord.Flags = []
    if binding.format == .raw { flags.insert(.raw) }
    if binding.access == .readOnly { flags.insert(.readOnly) }
    if array != nil { flags.insert(.contents) }
    if isAbsent(binding, savedArray: array) { flags.insert(.absent) }
    if saving.plan == .synchronization, case .absent(.failed) = binding.file.state { flags.insert(.owed) }
    if isTooLarge(binding) { flags.insert(.tooLarge) }
    var record = BindingRecord(path: binding.path.bytes, elementType: binding.elementType, flags: flags)
    record.columns = binding.file.layout.columns
    let file = fileName(of: binding)
    if file != record.path { record.file = file }
    if saving.plan == .synchronization {
      if array != nil { record.synchronization = saving.synchronization }
      if array != nil, case .incoming(let contents) = binding.file.state {
        record.arrivedCount = contents.arrivedCount
      }
    }
    return record
  }

  /// The path of the file where this is loaded.
  private func fileName(of binding: Binding) -> [UInt8] {
    switch saving.plan {
    case .bindings: binding.file.path.bytes
    // A file that has several names here has one on a replica: that of the array.
    case .synchronization: binding.file.array?.name?.path.bytes ?? binding.file.path.bytes
    // What is restored has the one name that the key had.
    case .payload: binding.path.bytes
    }
  }

  /// Whether what has its name in the root of whoever loads this does not stand for it.
  private func isAbsent(_ binding: Binding, savedArray: ServedArray?) -> Bool {
    switch binding.file.state {
    case .absent: true
    case .incoming: savedArray == nil
    // It is missing here: replicas must not take what they may have.
    case .detached: saving.plan == .synchronization && binding.file.access == .writable
    case .attached: false
    }
  }

  /// The array whose contents are saved, if any are.
  private func arrayToSave(of binding: Binding) -> ServedArray? {
    guard let array = contents(of: binding) else { return nil }
    switch saving.plan {
    case .bindings: return nil
    case .synchronization: return saving.claimContents(of: array) ? array : nil
    case .payload:
      guard case .attached = binding.file.state, !isTooLarge(binding) else { return nil }
      return array
    }
  }

  private func isTooLarge(_ binding: Binding) -> Bool {
    guard saving.plan == .payload, let array = contents(of: binding) else { return false }
    return saving.isTooLarge(array)
  }

  private func contents(of binding: Binding) -> ServedArray? {
    guard binding.access == .writable else { return nil }
    switch binding.file.state {
    case .attached(let array): return array
    case .incoming(let contents): return contents.array
    case .detached, .absent: return nil
    }
  }
}

extension SavedValueWriter: RecordSink {}

extension ServedArray {
  /// Reads the contents from the file and calls `body` with the index of each piece and its packed elements. The pieces
  /// are as long as `BindingRecord` has them. What cannot be read is zeros, and a line in the log.
  ///
  /// - Returns: whether all could be read.
  @discardableResult
  func forEachSavedPiece(_ body: (Int, UnsafeRawBufferPointer) -> Void) -> Bool {
    var isWhole = true
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
        isWhole = false
        Context.none.log(.warning, "a part of an array is saved as zeros: \(error)")
      }
      body(start, UnsafeRawBufferPointer(bytes))
    }
    return isWhole
  }
}
