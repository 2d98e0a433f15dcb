// What programs do with the file and reach by the array.
extension MappedArray {
  /// Where the file is: the path that it was opened with.
  public var filePath: FilePath { file.filePath }

  /// Whether the array may be changed.
  public var access: Access { file.access }

  /// Whether the file has a header.
  public var format: FileFormat { file.format }

  /// See ``MappedFile/refresh()``.
  public mutating func refresh() throws(MappedArrayError) { try file.refresh() }

  /// See ``MappedFile/checkFault()``.
  @inline(__always)
  public borrowing func checkFault() throws(MappedArrayError) { try file.checkFault() }

  /// See ``MappedFile/checkReadable(_:)``.
  @inlinable
  package borrowing func checkReadable(_ range: Range<Int>) throws(MappedArrayError) { try file.checkReadable(range) }

  /// See ``MappedFile/isKnownInMemory(_:elementSize:)``.
  @inlinable
  @inline(__always)
  package borrowing func isKnownInMemory(_ index: Int) -> Bool {
    file.isKnownInMemory(index, elementSize: MemoryLayout<Element>.stride)
  }

  /// See ``MappedFile/shareElements()``.
  public mutating func shareElements() -> ElementReaders { file.shareElements() }

  /// See ``MappedFile/reload()``.
  public mutating func reload() throws(MappedArrayError) { try file.reload() }

  /// See ``MappedFile/withPackedElements(in:_:)``.
  @inlinable
  package borrowing func withPackedElements<Result, Failure: Error>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try file.withPackedElements(in: range, body)
  }

  /// See ``MappedFile/append(packed:)``.
  @inlinable
  package mutating func append(packed bytes: UnsafeRawBufferPointer) throws(MappedArrayError) {
    try MappedFile.checkWhole(bytes, elementSize: MemoryLayout<Element>.stride)
    try file.append(bytes)
  }

  /// See ``MappedFile/write(packed:at:)``.
  @inlinable
  package mutating func write(packed bytes: UnsafeRawBufferPointer, at index: Int) throws(MappedArrayError) {
    try MappedFile.checkWhole(bytes, elementSize: MemoryLayout<Element>.stride)
    guard index >= 0 else { throw .negative(index) }
    try file.write(bytes, at: index)
  }

  /// See ``MappedFile/reserveSpace(in:)``.
  @inlinable
  package mutating func reserveSpace(in range: Range<Int>) throws(MappedArrayError) {
    try file.reserveSpace(in: range)
  }

  /// See ``MappedFile/reserveSpace(at:)``.
  @inlinable
  package mutating func reserveSpace(at index: Int) throws(MappedArrayError) { try file.reserveSpace(at: index) }

  /// See ``MappedFile/resize(to:)``.
  public mutating func resize(to newCount: Int) throws(MappedArrayError) { try file.resize(to: newCount) }

  /// See ``MappedFile/beginResize(to:)``.
  @inlinable
  package mutating func beginResize(to newCount: Int) throws(MappedArrayError) { try file.beginResize(to: newCount) }

  /// See ``MappedFile/continueShrink(by:)``.
  @inlinable
  package mutating func continueShrink(by limit: Int) throws(MappedArrayError) -> Bool {
    try file.continueShrink(by: limit)
  }

  /// See ``MappedFile/trim()``.
  public mutating func trim() throws(MappedArrayError) { try file.trim() }

  /// See ``MappedFile/synchronize()``.
  public func synchronize() throws(MappedArrayError) { try file.synchronize() }
}
