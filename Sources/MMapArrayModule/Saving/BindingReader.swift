import CModuleShim
import MappedArray

/// Loads a saved binding. Nothing in it is believed: a record that is damaged or hostile is refused, and allocates no
/// more than it has.
struct BindingReader {
  private let io: OpaquePointer?

  init(_ io: OpaquePointer?) {
    self.io = io
  }

  func binding() throws(LoadError) -> Binding {
    var reader = FieldReader(io)
    let record = try Fields(&reader)
    guard record.flags.contains(.contents) else {
      try reader.checkDigest()
      return Module.current.staging.binding(record)
    }
    let shape = try shape(&reader)
    // After a restart the files are what they are: the contents are read and forgotten.
    guard Module.current.lifecycle.loading != .restart else {
      var nowhere = Incoming.nowhere
      try readContents(record, shape, &reader, into: &nowhere)
      try reader.checkDigest()
      return record.binding()
    }
    var incoming = Incoming()
    do throws(LoadError) {
      try readContents(record, shape, &reader, into: &incoming)
      try reader.checkDigest()
    } catch {
      incoming.fail(.path(.empty))
      throw error
    }
    switch incoming.finish() {
    case .success(let staged): return try Module.current.staging.binding(record, staged: staged)
    case .failure(let error): return try Module.current.staging.binding(record, missing: error)
    }
  }

  private func shape(_ reader: inout FieldReader) throws(LoadError) -> [Int] {
    let count = try reader.natural()
    let dimensions = try reader.natural()
    guard (1...BindingRecord.mostDimensions).contains(dimensions) else { throw LoadError(message: "it has no shape") }
    var shape: [Int] = []
    var product = 1
    for _ in 0..<dimensions {
      let dimension = try reader.natural()
      let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
      guard !overflow else { throw LoadError(message: "its shape is too large") }
      product = next
      shape.append(dimension)
    }
    guard product == count else { throw LoadError(message: "its shape has \(product) elements and not \(count)") }
    return shape
  }

  private func readContents(
    _ record: Fields, _ shape: [Int], _ reader: inout FieldReader, into incoming: inout Incoming
  ) throws(LoadError) {
    let (bytes, overflow) = shape.reduce(1, &*).multipliedReportingOverflow(by: record.elementType.size)
    guard !overflow else { throw LoadError(message: "it is too large") }
    if record.format == .npy {
      incoming.write { (file) throws(MappedArrayError) in try file.appendHeader(record.elementType, shape: shape) }
    }
    var rest = bytes
    while rest > 0 {
      let expected = min(rest, BindingRecord.pieceBytes)
      try reader.piece(of: expected) { (piece) throws(LoadError) in
        incoming.write { (file) throws(MappedArrayError) in try file.append(piece) }
      }
      rest -= expected
    }
  }

  /// What every record has.
  struct Fields {
    let path: RelativePath
    let elementType: ElementType
    let flags: BindingRecord.Flags

    var format: FileFormat { flags.contains(.raw) ? .raw : .npy }
    var access: Access { flags.contains(.readOnly) ? .readOnly : .writable }

    fileprivate init(_ reader: inout FieldReader) throws(LoadError) {
      let path = try reader.bytes()
      let type = try reader.bytes()
      let flags = BindingRecord.Flags(rawValue: try reader.unsigned())
      guard let elementType = ElementType(named: String(decoding: type, as: UTF8.self)) else {
        throw LoadError(message: "\(quoted(type)) is no element type")
      }
      guard flags.isSubset(of: .known) else { throw LoadError(message: "its flags \(flags.rawValue) are unknown") }
      do {
        self.path = try path.span.withUnsafeBytes { (bytes) throws(MappedArrayError) in
          try Module.current.relativePath(bytes)
        }
      } catch {
        throw LoadError(message: "\(error)")
      }
      self.elementType = elementType
      self.flags = flags
    }

    /// The binding to what is there, attached if it fits.
    func binding() -> Binding { Binding(path: path, elementType: elementType, format: format, access: access) }
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

  private init(file: consuming StagedFile?) { self.file = file }

  static var nowhere: Incoming { Incoming(file: nil) }

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

/// Reads the fields of a record and adds them to its digest.
private struct FieldReader {
  private let io: OpaquePointer?
  private var digest = RecordDigest()

  init(_ io: OpaquePointer?) {
    self.io = io
  }

  mutating func unsigned() throws(LoadError) -> UInt64 {
    let number = try plain()
    digest.add(number)
    return number
  }

  mutating func natural() throws(LoadError) -> Int {
    guard let number = Int(exactly: try unsigned()) else { throw LoadError(message: "a number in it is too large") }
    return number
  }

  mutating func bytes() throws(LoadError) -> [UInt8] {
    var bytes: [UInt8] = []
    try read { (string) throws(LoadError) in bytes = Array(string) }
    return bytes
  }

  mutating func piece(
    of size: Int, _ body: (UnsafeRawBufferPointer) throws(LoadError) -> Void
  ) throws(LoadError) {
    try read { (string) throws(LoadError) in
      guard string.count == size else { throw LoadError(message: "a piece has \(string.count) bytes and not \(size)") }
      try body(string)
    }
  }

  func checkDigest() throws(LoadError) {
    guard try plain() == digest.value else { throw LoadError(message: "its digest is wrong: it is damaged") }
  }

  private func plain() throws(LoadError) -> UInt64 {
    let number = server_LoadUnsigned(io)
    guard server_IsIOError(io) == 0 else { throw LoadError(message: "it ends too early") }
    return number
  }

  private mutating func read(_ body: (UnsafeRawBufferPointer) throws(LoadError) -> Void) throws(LoadError) {
    var length = 0
    // The server allocates no more than is there to read.
    guard let start = server_LoadStringBuffer(io, &length) else { throw LoadError(message: "it ends too early") }
    defer { server_Free(start) }
    guard server_IsIOError(io) == 0 else { throw LoadError(message: "it ends too early") }
    let string = UnsafeRawBufferPointer(start: start, count: length)
    digest.add(string)
    try body(string)
  }
}
