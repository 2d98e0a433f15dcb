import Glibc
import SystemPackage

// How an array grows and shrinks.
extension MappedFile {
  /// Spare room that is reserved at least and at most when a file with a header grows, in bytes.
  private static let spareBytes = 4096...(64 << 20)

  /// Zeros up to this many bytes are stored one by one.
  private static let mostZerosStored = 1 << 20

  /// Looks how many elements a raw file has now: other programs may append to it or cut it.
  ///
  /// - Complexity: O(1); one lseek for a raw file, nothing for one with a header.
  public mutating func refresh() throws(MappedArrayError) {
    guard isRaw, shrinkingTo == nil else { return }
    let size = try onFile { () throws(SystemCallError) in try descriptor.size() }
    guard size != fileSize else { return }
    try ensureMapped(size)
    // New elements may lie in holes.
    if size > fileSize { hasHoles = nil }
    fileSize = size
    count = wholeCount(size: size)
    capacity = count
    updateReaders()
  }

  /// Sets the number of elements; new ones are zero.
  ///
  /// - Throws: `.negative`, `.partialRow` or `.trailingBytes` if the file cannot have that many.
  /// - Complexity: O(1) and a few system calls; O(growth) below a mebibyte.
  public mutating func resize(to newCount: Int) throws(MappedArrayError) {
    try beginResize(to: newCount)
    try completeShrink()
  }

  /// Like `resize`, but leaves it to `continueShrink` to cut the file: to free much disk space takes long. Every other
  /// change of the length does what is left of it first. Until that is done the count is the new one already, and a raw
  /// file is longer than its count says.
  @usableFromInline
  package mutating func beginResize(to newCount: Int) throws(MappedArrayError) {
    try checkWritable()
    guard newCount >= 0 else { throw .negative(newCount) }
    try completeShrink()
    try refresh()
    guard newCount != count else { return }
    try checkWholeRows(abs(newCount - count))
    try checkNoTrailingBytes()
    let newEnd = try offset(of: newCount)
    if newCount < count {
      try beginShrink(to: newCount, end: newEnd)
    } else if isRaw {
      try ensureMapped(newEnd)
      try extend(from: fileSize, to: newEnd)
      count = newCount
      capacity = count
    } else {
      try reserveZeros(newCount)
      try publish(newCount)
    }
  }

  private mutating func beginShrink(to newCount: Int, end: Int) throws(MappedArrayError) {
    guard !isRaw else {
      count = newCount
      capacity = newCount
      shrinkingTo = end
      return
    }
    try publish(newCount)
    // An empty array keeps no room. Others keep some, so that elements can come and go without a system call.
    let spare = newCount == 0 ? 0 : MappedFile.spareBytes.upperBound
    guard fileSize - end > 2 * spare else { return }
    capacity = min(capacity, (end + spare - dataOffset) / elementSize)
    shrinkingTo = end + spare
  }

  /// Cuts off at most `limit` bytes of a file that is being shortened.
  ///
  /// - Returns: whether more are left.
  @usableFromInline
  package mutating func continueShrink(by limit: Int) throws(MappedArrayError) -> Bool {
    guard let end = shrinkingTo else { return false }
    let next = fileSize - end > limit ? fileSize - limit : end
    do {
      try cut(to: next)
    } catch {
      shrinkingTo = nil
      try refresh()
      throw error
    }
    if next == end { shrinkingTo = nil }
    return next != end
  }

  mutating func completeShrink() throws(MappedArrayError) {
    while try continueShrink(by: .max) {}
  }

  mutating func cut(to size: Int) throws(MappedArrayError) {
    waitForReaders(beyond: size)
    try onFile { () throws(SystemCallError) in
      // Never lengthens a file that somebody has cut.
      if try descriptor.status().size > size { try descriptor.truncate(to: size) }
    }
    fileSize = size
  }

  /// Makes room for `newCount` elements in a file with a header, and some ahead so that growth is amortised.
  mutating func reserve(_ newCount: Int) throws(MappedArrayError) {
    guard newCount > capacity else { return }
    try checkHeaderHolds(newCount)
    let needed = try offset(of: newCount)
    let bounds = MappedFile.spareBytes
    let generous = needed + min(max(needed, bounds.lowerBound), bounds.upperBound)
    try ensureMapped(generous)
    let reserved = try offset(of: capacity)
    do {
      try extend(from: reserved, to: generous)
      capacity = (generous - dataOffset) / elementSize
    } catch .system(let error, _) where [.noSpace, .diskQuotaExceeded, .fileTooLarge].contains(error.errno) {
      try extend(from: reserved, to: needed)
      capacity = newCount
    }
  }

  /// Like `reserve`, with zeros behind the count.
  mutating func reserveZeros(_ newCount: Int) throws(MappedArrayError) {
    let growth = try offset(of: newCount) - offset(of: count)
    if growth > MappedFile.mostZerosStored {
      // A long run of zeros is had from the file system for nothing, where the file ends and is made longer.
      try trim()
      try reserve(newCount)
    } else {
      try reserve(newCount)
      memset(elements + count * elementSize, 0, growth)
    }
  }

  /// Reserves disk space and lengthens the file; on an error it is as long as before.
  private mutating func extend(from start: Int, to end: Int) throws(MappedArrayError) {
    // A file that another program has cut must not get zeros where its elements were.
    let size = try onFile { () throws(SystemCallError) in try descriptor.status().size }
    guard size >= fileSize else { throw .fault(path: path.path.string) }
    do {
      try onFile { () throws(SystemCallError) in try descriptor.allocate(start..<end) }
    } catch {
      try? descriptor.truncate(to: fileSize)
      throw error
    }
    fileSize = max(fileSize, end)
  }

  func checkWholeRows(_ elements: Int) throws(MappedArrayError) {
    guard rowSize != 1 else { return }
    guard rowSize > 0, elements % rowSize == 0 else { throw .partialRow(elements: elements, rowSize: rowSize) }
  }

  func checkNoTrailingBytes() throws(MappedArrayError) {
    guard isRaw, trailingBytes != 0 else { return }
    if let columns { throw .trailingRow(trailingBytes, rowBytes: elementSize * columns) }
    throw .trailingBytes(trailingBytes, elementSize: elementSize)
  }
}
