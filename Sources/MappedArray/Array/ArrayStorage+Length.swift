import Glibc
import SystemPackage

// How an array grows and shrinks.
extension ArrayStorage {
  /// Spare room that is reserved at least and at most when a file with a header grows, in bytes.
  private static let spareBytes = 4096...(64 << 20)

  /// Zeros up to this many bytes are stored one by one.
  private static let mostZerosStored = 1 << 20

  /// Looks how long a raw file is now: other programs may append to it or cut it.
  mutating func refresh() throws(MappedArrayError) {
    guard isRaw, shrinkingTo == nil else { return }
    let size = try onFile { () throws(SystemCallError) in try descriptor.size() }
    guard size != fileSize else { return }
    try ensureMapped(size)
    // New elements may lie in holes.
    if size > fileSize { hasHoles = nil }
    fileSize = size
    count = size / elementSize
    capacity = count
  }

  /// Writes packed elements at `index`. What lies past the end is appended, a gap before it is filled with zeros. No
  /// elements change nothing, wherever `index` is.
  ///
  /// - Precondition: `bytes` is whole elements, one at least, and `index` is not negative.
  /// - Complexity: O(`bytes.count` + gap); amortised, with one store of the count, behind the end of a file with header;
  ///   one lseek and one pwrite behind the end of a raw file.
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
  /// - Complexity: as `write`.
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
    count = newSize / elementSize
    capacity = count
  }

  /// Sets the number of elements; new ones are zero.
  ///
  /// - Complexity: O(1) and a few system calls; O(growth) below a mebibyte.
  mutating func resize(to newCount: Int) throws(MappedArrayError) {
    try beginResize(to: newCount)
    try completeShrink()
  }

  /// Like `resize`, but leaves it to `continueShrink` to cut the file. Until that is done the count is the new one already,
  /// and a raw file is longer than its count says.
  mutating func beginResize(to newCount: Int) throws(MappedArrayError) {
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
    let spare = newCount == 0 ? 0 : ArrayStorage.spareBytes.upperBound
    guard fileSize - end > 2 * spare else { return }
    capacity = min(capacity, (end + spare - dataOffset) / elementSize)
    shrinkingTo = end + spare
  }

  /// Cuts off at most `limit` bytes of a file that is being shortened, and answers whether more are left.
  mutating func continueShrink(by limit: Int) throws(MappedArrayError) -> Bool {
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

  private mutating func completeShrink() throws(MappedArrayError) {
    while try continueShrink(by: .max) {}
  }

  /// Cuts off the room behind the elements.
  mutating func trim() throws(MappedArrayError) {
    // Where the elements end in a file that has been cut is not known.
    try checkFault()
    try completeShrink()
    guard access == .writable, !isRaw else { return }
    let end = try offset(of: count)
    if fileSize > end { try cut(to: end) }
    capacity = count
  }

  /// Gives the file up: cuts off spare room and unlocks it. The array must not be changed any more.
  mutating func retire() {
    guard access == .writable else { return }
    // There is nobody left to tell of a failure, and a longer file is valid.
    try? trim()
    // The file may be somebody else's from now on: whatever is left of spare room is not cut off later.
    fileSize = min(fileSize, dataOffset + count * elementSize)
    shrinkingTo = nil
    descriptor.unlock()
  }

  private mutating func cut(to size: Int) throws(MappedArrayError) {
    try onFile { () throws(SystemCallError) in
      // Never lengthens a file that somebody has cut.
      if try descriptor.status().size > size { try descriptor.truncate(to: size) }
    }
    fileSize = size
  }

  /// Makes room for `newCount` elements in a file with a header, and some ahead so that growth is amortised.
  private mutating func reserve(_ newCount: Int) throws(MappedArrayError) {
    guard newCount > capacity else { return }
    try checkHeaderHolds(newCount)
    let needed = try offset(of: newCount)
    let bounds = ArrayStorage.spareBytes
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
  private mutating func reserveZeros(_ newCount: Int) throws(MappedArrayError) {
    let growth = try offset(of: newCount) - offset(of: count)
    if growth > ArrayStorage.mostZerosStored {
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

  func checkWritable() throws(MappedArrayError) {
    guard access == .writable else { throw .readOnly }
  }

  private func checkWholeRows(_ elements: Int) throws(MappedArrayError) {
    guard rowSize != 1 else { return }
    guard rowSize > 0, elements % rowSize == 0 else { throw .partialRow(elements: elements, rowSize: rowSize) }
  }

  private func checkNoTrailingBytes() throws(MappedArrayError) {
    guard isRaw, fileSize % elementSize != 0 else { return }
    throw .trailingBytes(fileSize % elementSize, elementSize: elementSize)
  }
}
