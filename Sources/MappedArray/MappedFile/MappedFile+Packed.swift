import Glibc
import SystemPackage

// How packed elements get into the file and out of it.
extension MappedFile {
  /// Calls `body` with the packed bytes of a range of elements, cut to those there are.
  public func withPackedElements<Result, Failure: Error>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let range = range.clamped(to: 0..<count)
    return try body(
      UnsafeRawBufferPointer(start: elements + range.lowerBound * elementSize, count: range.count * elementSize))
  }

  /// Adds packed elements at the end, which for a raw file is where the file ends now: all or, on an error, none.
  ///
  /// - Throws: `.partialElement` if they are no whole elements.
  /// - Complexity: as `write(packed:at:)`.
  public mutating func append(packed bytes: UnsafeRawBufferPointer) throws(MappedArrayError) {
    try MappedFile.checkWhole(bytes, elementSize: elementSize)
    try append(bytes)
  }

  /// Writes packed elements at `index`, past the end too: a gap is filled with zeros. No bytes change nothing.
  ///
  /// - Throws: `.partialElement` if they are no whole elements, `.negative` for such an index.
  /// - Complexity: O(`bytes.count` + gap); amortised, with one store of the count, behind the end of a file with header;
  ///   one lseek and one pwrite behind the end of a raw file.
  public mutating func write(packed bytes: UnsafeRawBufferPointer, at index: Int) throws(MappedArrayError) {
    try MappedFile.checkWhole(bytes, elementSize: elementSize)
    guard index >= 0 else { throw .negative(index) }
    try write(bytes, at: index)
  }

  // With the size as an argument, because those who know the type need no division.
  @inlinable
  @inline(__always)
  static func checkWhole(_ bytes: UnsafeRawBufferPointer, elementSize: Int) throws(MappedArrayError) {
    guard bytes.count % elementSize == 0 else {
      throw .partialElement(bytes: bytes.count, elementSize: elementSize)
    }
  }

  /// Writes packed elements at `index`. What lies past the end is appended, a gap before it is filled with zeros. No
  /// elements change nothing, wherever `index` is.
  ///
  /// - Precondition: `bytes` is whole elements, and `index` is not negative.
  @usableFromInline
  mutating func write(_ bytes: UnsafeRawBufferPointer, at index: Int) throws(MappedArrayError) {
    try checkWritable()
    let (end, overflow) = index.addingReportingOverflow(bytes.count / elementSize)
    guard !overflow else { throw .tooLarge }
    guard !bytes.isEmpty else { return }
    try completeShrink()
    if end <= count {
      try store(bytes, at: index)
    } else if isRaw {
      try refresh()
      try writePastRawEnd(bytes, at: index)
    } else {
      try checkWholeRows(end - count)
      if index != count { try checkHeaderHolds(end) }
      // Behind the count there is reserved space; what is before it may lie in a hole.
      if index < count { try makeStorable(index..<count) }
      if index > count { try reserveZeros(index) }
      try reserve(end)
      let overlap = max(0, count - index) * elementSize
      if overlap > 0 { try store(UnsafeRawBufferPointer(rebasing: bytes[..<overlap]), at: index) }
      copy(UnsafeRawBufferPointer(rebasing: bytes[overlap...]), to: index * elementSize + overlap)
      try publish(end)
    }
  }

  /// Adds packed elements at the end, which for a raw file is where the file ends now.
  ///
  /// - Precondition: `bytes` is whole elements.
  @usableFromInline
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(MappedArrayError) {
    guard isRaw, !bytes.isEmpty else { return try write(bytes, at: count) }
    try checkWritable()
    try completeShrink()
    try refresh()
    try writePastRawEnd(bytes, at: count)
  }

  /// The count must have been looked at.
  private mutating func writePastRawEnd(_ bytes: UnsafeRawBufferPointer, at index: Int) throws(MappedArrayError) {
    let (start, oldSize) = (try offset(of: index), fileSize)
    let newSize = try offset(of: index + bytes.count / elementSize)
    guard newSize > count * elementSize else { return try store(bytes, at: index) }
    try checkWholeRows(newSize / elementSize - count)
    try checkNoTrailingBytes()
    try ensureMapped(newSize)
    do {
      try onFile { () throws(SystemCallError) in
        // If there is no space, that must be known before an element is overwritten.
        if start != oldSize { try descriptor.allocate(oldSize..<newSize) }
        if start < oldSize { try descriptor.fillHoles(in: start..<oldSize) }
        try descriptor.write(bytes, at: start)
      }
    } catch {
      try? descriptor.truncate(to: oldSize)
      throw error
    }
    fileSize = newSize
    count = wholeCount(size: newSize)
    capacity = count
  }

  /// Whether elements that are there can be overwritten with nothing to be seen to before, as `store` does it. Mostly so.
  @inlinable
  @inline(__always)
  package var isReadyForStores: Bool { hasHoles == false && access == .writable && shrinkingTo == nil }

  /// Overwrites elements that are there.
  mutating func store(_ bytes: UnsafeRawBufferPointer, at index: Int) throws(MappedArrayError) {
    try makeStorable(index..<index + bytes.count / elementSize)
    copy(bytes, to: index * elementSize)
    try checkFault()
  }

  /// Reserves disk space for a range of a sparse file, cut to the elements there are, so that a full disk is an error now
  /// and not later.
  @usableFromInline
  package mutating func reserveSpace(in range: Range<Int>) throws(MappedArrayError) {
    try makeStorable(range.clamped(to: 0..<count))
  }

  /// Reserves disk space for an element of a sparse file, if there is such an element: before the first of several is
  /// replaced.
  @usableFromInline
  package mutating func reserveSpace(at index: Int) throws(MappedArrayError) {
    guard UInt(bitPattern: index) < UInt(bitPattern: count) else { return }
    try makeStorable(index..<index + 1)
  }

  /// Makes sure that elements which are there have disk space, so that they can be stored through the mapping.
  @usableFromInline
  mutating func makeStorable(_ range: Range<Int>) throws(MappedArrayError) {
    try checkWritable()
    if hasHoles == nil { hasHoles = try findHoles() }
    guard hasHoles == true, !range.isEmpty else { return }
    let bytes = try offset(of: range.lowerBound)..<offset(of: range.upperBound)
    try onFile { () throws(SystemCallError) in try descriptor.fillHoles(in: bytes) }
  }

  /// Reads packed elements from the file and not from the mapping, for a process that must not meet a fault when another
  /// cuts the file; pread(2). Elements that are gone are zeros.
  package func readPacked(at index: Int, into buffer: UnsafeMutableRawBufferPointer) throws(MappedArrayError) {
    let start = try offset(of: index)
    // The next piece is read while this one is used.
    descriptor.readAhead(start..<start + 2 * buffer.count)
    let count = try onFile { () throws(SystemCallError) in try descriptor.read(into: buffer, at: start) }
    UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).initializeMemory(as: UInt8.self, repeating: 0)
  }

  /// Copies into the mapping, `offset` bytes behind the first element. There must be disk space.
  func copy(_ bytes: UnsafeRawBufferPointer, to offset: Int) {
    guard let source = bytes.baseAddress else { return }
    memcpy(elements + offset, source, bytes.count)
  }

  /// Holes may have been filled since they were looked for.
  package mutating func forgetHoles() { hasHoles = nil }

  private func findHoles() throws(MappedArrayError) -> Bool {
    let end = try offset(of: count)
    guard count > 0 else { return false }
    return try onFile { () throws(SystemCallError) in try descriptor.firstHole(from: 0) } < end
  }
}
