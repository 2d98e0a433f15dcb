import MappedArray
import ServerModule

/// What the fields of a saved binding are read from.
package protocol RecordSource {
  /// The next field, a number; nil if there is none.
  mutating func unsigned() -> UInt64?

  /// Calls `body` with the next field, a string.
  ///
  /// - Returns: what `body` returns; nil if there is no such field.
  mutating func string<Result>(
    _ body: (UnsafeRawBufferPointer) throws(LoadError) -> Result
  ) throws(LoadError) -> Result?
}

/// Reads a saved binding, field by field in the order of `BindingRecord`. Nothing in it is believed: a record that is
/// damaged is refused, and allocates no more than it has.
package struct RecordReader<Source: RecordSource> {
  private var source: Source
  /// Elements in a row of a raw file, if it has rows.
  private var columns: Int?
  /// Of what has been read.
  package private(set) var digest = RecordDigest()

  package init(_ source: Source) {
    self.source = source
  }

  /// What every record begins with.
  package mutating func record() throws(LoadError) -> BindingRecord {
    let path = try string { (bytes) throws(LoadError) in Array(bytes) }
    let elementType = try string { (name) throws(LoadError) in
      guard let type = ElementType(named: String(decoding: name, as: UTF8.self)) else {
        throw LoadError("\(quoted(name)) is no element type")
      }
      return type
    }
    let flags = BindingRecord.Flags(rawValue: try unsigned())
    guard flags.isSubset(of: .known), flags.isConsistent else {
      throw LoadError("its flags \(flags.rawValue) are unknown, or contradict each other")
    }
    var record = BindingRecord(path: path, elementType: elementType, flags: flags)
    if flags.contains(.columns) {
      columns = try natural()
      guard columns != 0 else { throw LoadError("its rows have no elements") }
      record.columns = columns
    }
    if flags.contains(.named) { record.file = try string { (bytes) throws(LoadError) in Array(bytes) } }
    if flags.contains(.synchronization) {
      record.synchronization = BindingRecord.Synchronization(node: try unsigned(), number: try unsigned())
    }
    if flags.contains(.arriving) { record.arrivedCount = try natural() }
    return record
  }

  /// The shape of contents; the product of the dimensions is no more than an `Int` holds.
  package mutating func shape() throws(LoadError) -> [Int] {
    let count = try natural()
    let dimensions = try natural()
    guard (1...BindingRecord.maximumDimensionCount).contains(dimensions) else { throw LoadError("it has no shape") }
    var shape: [Int] = []
    for _ in 0..<dimensions { shape.append(try natural()) }
    guard let product = elementCount(shape: shape) else { throw LoadError("its shape is too large") }
    guard product == count else { throw LoadError("its shape has \(product) elements and not \(count)") }
    if let columns, shape.dropFirst() != [columns] { throw LoadError("its shape has no rows of \(columns)") }
    return shape
  }

  /// Calls `body` with the packed elements of an array of that shape, piece by piece.
  package mutating func contents(
    _ elementType: ElementType, _ shape: [Int], _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(LoadError) {
    guard let count = elementCount(shape: shape) else { throw LoadError("it is too large") }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: elementType.size)
    guard !overflow else { throw LoadError("it is too large") }
    for start in stride(from: 0, to: bytes, by: BindingRecord.pieceBytes) {
      let size = min(bytes - start, BindingRecord.pieceBytes)
      try string { (piece) throws(LoadError) in
        guard piece.count == size else {
          throw LoadError("a piece has \(piece.count) bytes and not \(size)")
        }
        body(piece)
      }
    }
  }

  /// Whether the contents that were read are all that the array had.
  package mutating func isWhole(_ record: BindingRecord) throws(LoadError) -> Bool {
    record.flags.contains(.synchronization) ? try unsigned() == 1 : true
  }

  /// Reads the last field, which shows whether the record is what was saved.
  package mutating func end() throws(LoadError) {
    guard let saved = source.unsigned() else { throw RecordReader.truncated }
    guard saved == digest.value else { throw LoadError("its digest is wrong: it is damaged") }
  }

  private mutating func natural() throws(LoadError) -> Int {
    guard let number = Int(exactly: try unsigned()) else { throw LoadError("a number in it is too large") }
    return number
  }

  private mutating func unsigned() throws(LoadError) -> UInt64 {
    guard let number = source.unsigned() else { throw RecordReader.truncated }
    digest.add(number)
    return number
  }

  private mutating func string<Result>(
    _ body: (UnsafeRawBufferPointer) throws(LoadError) -> Result
  ) throws(LoadError) -> Result {
    var digest = digest
    let result = try source.string { (bytes) throws(LoadError) in
      digest.add(bytes)
      return try body(bytes)
    }
    guard let result else { throw RecordReader.truncated }
    self.digest = digest
    return result
  }

  private static var truncated: LoadError { LoadError("it ends too early") }
}
