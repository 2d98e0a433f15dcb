import MappedArray

/// What the fields of a binding are saved to.
package protocol RecordSink {
  mutating func write(_ number: UInt64)
  mutating func write(_ string: UnsafeRawBufferPointer)
}

/// Saves a binding, field by field in the order of `BindingRecord`.
package struct RecordWriter<Sink: RecordSink> {
  package private(set) var sink: Sink
  private var digest = RecordDigest()

  package init(_ sink: Sink) {
    self.sink = sink
  }

  /// Writes what every record begins with.
  package mutating func write(_ record: BindingRecord) {
    record.path.withUnsafeBytes { write($0) }
    Array(record.elementType.name.utf8).withUnsafeBytes { write($0) }
    write(record.flags.rawValue)
    if let columns = record.columns { write(UInt64(columns)) }
    record.file?.withUnsafeBytes { write($0) }
    if let synchronization = record.synchronization {
      write(synchronization.node)
      write(synchronization.number)
    }
    if let count = record.arrivedCount { write(UInt64(count)) }
  }

  /// Writes the shape of contents, which follow in pieces.
  ///
  /// - Precondition: it is the shape of an array.
  package mutating func write(shape: [Int]) {
    write(UInt64(elementCount(shape: shape) ?? 0))
    write(UInt64(shape.count))
    for dimension in shape { write(UInt64(dimension)) }
  }

  /// Writes packed elements: `BindingRecord.pieceBytes`, or in the last piece the rest.
  package mutating func write(piece: UnsafeRawBufferPointer) { write(piece) }

  /// Writes whether the contents that were written are all that the array has.
  package mutating func write(isWhole: Bool, of record: BindingRecord) {
    if record.flags.contains(.synchronization) { write(isWhole ? 1 : 0) }
  }

  /// Writes the last field.
  package mutating func end() { sink.write(digest.value) }

  private mutating func write(_ number: UInt64) {
    digest.add(number)
    sink.write(number)
  }

  private mutating func write(_ bytes: UnsafeRawBufferPointer) {
    digest.add(bytes)
    sink.write(bytes)
  }
}
