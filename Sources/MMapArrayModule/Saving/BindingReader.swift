import BindingRecords
import MappedArray
import ServerModule

/// Loads a saved binding, and the contents that may have come with it.
struct BindingReader {
  let input: SavedValueReader
  let staging: Staging

  func binding() throws(LoadError) -> Binding {
    var reader = RecordReader(input)
    let record = try reader.record()
    guard !record.flags.contains(.tooLarge) else {
      throw LoadError("the array is larger than one payload can be (proto-max-bulk-len where it was made)")
    }
    var path = record.path.withUnsafeBytes { BoundPath($0, below: staging.root) }
    var file = (record.file ?? record.path).withUnsafeBytes { BoundPath($0, below: staging.root) }
    if let told = staging.toldPath(for: input.key) { (path, file) = (.file(told), .file(told)) }
    switch file {
    case .file: break
    // Whoever sends RESTORE gets an error. A server that starts, or follows a primary, does so without the file.
    case .invalid(_, let reason) where staging.isRestoring: throw LoadError("\(reason)")
    case .invalid(let bytes, let reason):
      Context.none.log(.warning, "a saved binding to \(quoted(bytes)) is kept without its file: \(reason)")
    }
    let saved = SavedBinding(record: record, path: path, file: file, key: input.key)
    guard record.flags.contains(.contents) else {
      try reader.end()
      return staging.binding(saved)
    }
    guard case .file = file, staging.wantsContents(of: record) else {
      try reader.skipRest(of: record)
      return staging.binding(saved)
    }
    let (contents, digest) = try contents(record, &reader)
    return try staging.binding(saved, contents, digest: digest)
  }

  /// Reads the rest of a record with contents.
  ///
  /// - Returns: the staged file that has them, or why there is none; and the digest of the record.
  private func contents(
    _ record: BindingRecord, _ reader: inout RecordReader<SavedValueReader>
  ) throws(LoadError) -> (Result<RelativePath, MappedArrayError>, digest: UInt64) {
    let shape = try reader.shape()
    var incoming = IncomingFile(staging.root)
    var isWhole = false
    do throws(LoadError) {
      if record.layout.format == .npy {
        incoming.write { (file) throws(MappedArrayError) in try file.appendHeader(record.elementType, shape: shape) }
      }
      try reader.contents(record.elementType, shape) { piece in
        incoming.write { (file) throws(MappedArrayError) in try file.append(piece) }
      }
      isWhole = try reader.isWhole(record)
      try reader.end()
    } catch {
      incoming.fail(.path(.empty))
      _ = incoming.finish(staging.root)
      throw error
    }
    if !isWhole { incoming.fail(.fault(path: quoted(record.path))) }
    return (incoming.finish(staging.root), reader.digest.value)
  }
}

extension SavedValueReader: RecordSource {}

extension RecordReader {
  /// Reads to the end, and forgets the contents.
  fileprivate mutating func skipRest(of record: BindingRecord) throws(LoadError) {
    if record.flags.contains(.contents) {
      try contents(record.elementType, shape()) { _ in }
      _ = try isWhole(record)
    }
    try end()
  }
}
