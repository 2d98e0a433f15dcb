import CModuleShim
import MappedArray

/// Loads a saved binding, and the contents that may have come with it.
struct BindingReader {
  private let io: OpaquePointer?

  init(_ io: OpaquePointer?) {
    self.io = io
  }

  func binding() throws(LoadError) -> Binding {
    var reader = RecordReader(ServerRecord(io))
    let record = try reader.record()
    let path = BoundPath(record.path.span.bytes)
    let loading = Module.current.lifecycle.loading
    let file: RelativePath
    switch path {
    case .file(let found): file = found
    // Whoever sends RESTORE is told. A server that starts, or follows a master, does so without the file.
    case .refused(_, let reason) where loading == .none: throw LoadError(message: "\(reason)")
    case .refused(let bytes, let reason):
      log(nil, .warning, "a saved binding to \(quoted(bytes)) is kept without its file: \(reason)")
      try reader.skipRest(of: record)
      return record.binding(to: path)
    }
    guard record.flags.contains(.contents) else {
      try reader.end()
      return Module.current.staging.binding(record, to: file)
    }
    // After a restart the files are what they are.
    guard loading != .restart else {
      try reader.skipRest(of: record)
      return record.binding(to: path)
    }
    switch try contents(record, &reader) {
    case .success(let staged): return try Module.current.staging.binding(record, to: file, staged: staged)
    case .failure(let error): return try Module.current.staging.binding(record, to: file, missing: error)
    }
  }

  /// Reads the rest of a record with contents, and answers the staged file that has them.
  private func contents(
    _ record: BindingRecord, _ reader: inout RecordReader<ServerRecord>
  ) throws(LoadError) -> Result<RelativePath, MappedArrayError> {
    let shape = try reader.shape()
    var incoming = Incoming()
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

extension RecordReader {
  /// Reads to the end, and forgets the contents.
  fileprivate mutating func skipRest(of record: BindingRecord) throws(LoadError) {
    if record.flags.contains(.contents) { try contents(record.elementType, shape()) { _ in } }
    try end()
  }
}

extension BindingRecord {
  /// The binding to what is there, attached if it fits.
  func binding(to path: BoundPath) -> Binding {
    Binding(path: path, elementType: elementType, format: format, access: access)
  }
}

/// The staged file that contents go to. If it cannot be written the rest of the record is read all the same: the server
/// takes a record that is not read to its end for damaged, and a replica ends.
private struct Incoming: ~Copyable {
  private var file: StagedFile?
  private var failure: MappedArrayError?

  init() {
    do {
      file = try Module.current.staging.begin()
    } catch {
      failure = error
    }
  }

  mutating func write(_ body: (inout StagedFile) throws(MappedArrayError) -> Void) {
    guard var open = file.take() else { return }
    do throws(MappedArrayError) {
      try body(&open)
      file = consume open
    } catch {
      file = consume open
      fail(error)
    }
  }

  mutating func fail(_ error: MappedArrayError) {
    if let open = file.take() { Module.current.remove(open.path) }
    failure = error
  }

  /// Closes the file.
  consuming func finish() -> Result<RelativePath, MappedArrayError> {
    if let open = file.take() { return .success(open.path) }
    return .failure(failure ?? .path(.empty))
  }
}
