import Glibc
import SystemPackage

/// The untyped part of an array: a mapped file, where its elements are, how many there are, and how it grows.
///
/// Lengths and positions are in elements unless they say bytes. The count covers only elements that were written, in
/// memory and in the file's header at every instant, so that other readers and a killed server find a valid array.
struct ArrayStorage: ~Copyable {
  let descriptor: Descriptor
  var mapping: Mapping
  /// The first element's address in the mapping. Valid for `count` elements.
  var elements: UnsafeMutableRawPointer
  var path: RelativePath
  let identity: FileIdentity
  let access: Access
  let elementType: ElementType
  /// nil for a raw file.
  var header: NPYHeader?
  /// In bytes.
  let dataOffset: Int
  let elementSize: Int
  var count: Int
  /// How many elements have disk space: those that were there, and the room that was reserved behind them.
  private(set) var capacity: Int
  /// In bytes, as last seen.
  private(set) var fileSize: Int
  /// The size that the file is being cut to, in bytes, while that is under way.
  private var shrinkingTo: Int?
  /// Whether stores may meet a hole of a sparse file, where a full disk would be a fault signal and not an error. nil
  /// until something is first stored.
  var hasHoles: Bool?

  /// Spare room that is reserved at least and at most when a file with a header grows, in bytes.
  private static let spareBytes = 4096...(64 << 20)

  /// Zeros up to this many bytes are stored one by one.
  private static let mostZerosStored = 1 << 20

  /// Maps an open file.
  static func map(_ file: consuming ArrayFile) throws(MappedArrayError) -> ArrayStorage {
    let size = try file.file.onFile { (descriptor) throws(SystemCallError) in try descriptor.status().size }
    let access = file.access
    let mapping = try file.file.onFile { (descriptor) throws(SystemCallError) in
      try Mapping(descriptor, size: size, access: access)
    }
    let (path, identity, elementType, header) = (file.path, file.identity, file.elementType, file.header)
    return ArrayStorage(
      descriptor: file.takeDescriptor(), mapping: mapping, size: size, path: path, identity: identity, access: access,
      elementType: elementType, header: header)
  }

  // Apart from `map`, because Swift 6.3 destroys fields that are not there yet when an initialiser of a type with a
  // `deinit` can throw between them.
  private init(
    descriptor: consuming Descriptor, mapping: consuming Mapping, size: Int, path: RelativePath,
    identity: FileIdentity, access: Access, elementType: ElementType, header: NPYHeader?
  ) {
    dataOffset = header?.dataOffset ?? 0
    elementSize = elementType.size
    count = header?.count ?? size / elementType.size
    capacity = header?.count ?? size / elementType.size
    elements = mapping.base + (header?.dataOffset ?? 0)
    fileSize = size
    self.path = path
    self.identity = identity
    self.access = access
    self.elementType = elementType
    self.header = header
    self.mapping = mapping
    self.descriptor = descriptor
  }

  deinit {
    // An orderly end: spare room is cut off. There is nobody left to tell of a failure, and a longer file is valid.
    let end = dataOffset + count * elementSize
    guard access == .writable, header != nil || shrinkingTo != nil, fileSize > end, !mapping.hasFailed else { return }
    // Never lengthens a file that somebody has cut.
    guard let status = try? descriptor.status(), status.size > end else { return }
    try? descriptor.truncate(to: end)
  }

  var format: FileFormat { header == nil ? .raw : .npy }
  var rowSize: Int { header?.rowSize ?? 1 }

  /// The dimensions. Rows of no elements cannot be counted: the header's number of them stands.
  var shape: [Int] {
    guard let header, header.rowSize > 0 else { return header?.shape ?? [count] }
    return [count / header.rowSize] + header.shape.dropFirst()
  }

  var isRaw: Bool { dataOffset == 0 }

  /// Where in the file an element begins, in bytes.
  func offset(of index: Int) throws(MappedArrayError) -> Int {
    let (bytes, overflow) = index.multipliedReportingOverflow(by: elementSize)
    let (offset, stillOverflow) = bytes.addingReportingOverflow(dataOffset)
    // Half of the address space: a mapping has room for twice the file.
    guard !overflow, !stillOverflow, offset <= Int.max / 2 else { throw .tooLarge }
    return offset
  }

  /// Runs system calls on the file and names it in what they throw.
  func onFile<Result: ~Copyable>(_ body: () throws(SystemCallError) -> Result) throws(MappedArrayError) -> Result {
    do {
      return try body()
    } catch {
      throw .system(error, path: path.path.string)
    }
  }
}

// MARK: - Faults

extension ArrayStorage {
  /// Throws if what has been read or written so far met a part of the file that is gone.
  @inline(__always)
  func checkFault() throws(MappedArrayError) {
    if mapping.hasFailed { throw .fault(path: path.path.string) }
  }

  /// Maps the file again, as it is now.
  ///
  /// - Throws: why it is no longer the array that it was.
  mutating func reload() throws(MappedArrayError) {
    let size = try onFile { () throws(SystemCallError) in try descriptor.status().size }
    if let old = header {
      let new = try ArrayFile.readHeader(of: descriptor, size: size, path: path)
      guard let new, new.elementType == elementType, new.dataOffset == old.dataOffset else {
        throw .header(.truncated)
      }
      header = new
    }
    mapping = try onFile { () throws(SystemCallError) in try Mapping(descriptor, size: size, access: access) }
    elements = mapping.base + dataOffset
    fileSize = size
    count = header?.count ?? size / elementSize
    capacity = count
    shrinkingTo = nil
    hasHoles = nil
  }
}

// MARK: - Length

extension ArrayStorage {
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
