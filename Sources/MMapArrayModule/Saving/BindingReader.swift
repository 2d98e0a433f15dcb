import BindingRecords
import MappedArray
import ServerModule

/// Loads a saved binding, and the contents that may have come with it.
struct BindingReader {
  let input: SavedValueReader
  let arrays: ArrayRegistry
  let staging: Staging

  func binding() throws(LoadError) -> Binding {
    var reader = RecordReader(input)
    let record = try reader.record()
    let path = record.path.withUnsafeBytes { BoundPath($0, below: arrays.root) }
    let file: RelativePath
    switch path {
    case .file(let found): file = found
    // Whoever sends RESTORE gets an error. A server that starts, or follows a primary, does so without the file.
    case .invalid(_, let reason) where staging.phase == .none: throw LoadError("\(reason)")
    case .invalid(let bytes, let reason):
      Context.none.log(.warning, "a saved binding to \(quoted(bytes)) is kept without its file: \(reason)")
      try reader.skipRest(of: record)
      return record.binding(to: path, in: arrays)
    }
    guard record.flags.contains(.contents) else {
      try reader.end()
      return staging.binding(record, to: file)
    }
    // After a restart the files are what they are.
    guard staging.phase != .restart else {
      try reader.skipRest(of: record)
      return record.binding(to: path, in: arrays)
    }
    switch try contents(record, &reader) {
    case .success(let staged): return try staging.binding(record, to: file, staged: staged)
    case .failure(let error): return try staging.binding(record, to: file, missing: error)
    }
  }

  /// Reads the rest of a record with contents.
  ///
  /// - Returns: the staged file that has them, or why there is none.
  private func contents(
    _ record: BindingRecord, _ reader: inout RecordReader<SavedValueReader>
  ) throws(LoadError) -> Result<RelativePath, MappedArrayError> {
    let shape = try reader.shape()
    var incoming = IncomingFile(staging)
    do throws(LoadError) {
      if record.format == .npy {
        incoming.write { (file) throws(MappedArrayError) in try file.appendHeader(record.elementType, shape: shape) }
      }
      try reader.contents(record.elementType, shape) { piece in
        incoming.write { (file) throws(MappedArrayError) in try file.append(piece) }
      }
      try reader.end()
    } catch {
      incoming.fail(.path(.empty))
      throw error
    }
    return incoming.finish()
  }
}

extension SavedValueReader: RecordSource {}

extension RecordReader {
  /// Reads to the end, and forgets the contents.
  fileprivate mutating func skipRest(of record: BindingRecord) throws(LoadError) {
    if record.flags.contains(.contents) { try contents(record.elementType, shape()) { _ in } }
    try end()
  }
}

extension BindingRecord {
  /// The binding to what is there, attached if it fits.
  func binding(to path: BoundPath, in arrays: ArrayRegistry) -> Binding {
    Binding(path: path, elementType: elementType, format: format, access: access, in: arrays)
  }
}
