import CFaultGuard

/// A file of numbers as an array: mapped, never loaded.
///
/// The file is the data. Reads and writes of elements that are there go to the mapping; other programs see them at
/// once. See `ArrayFile` for how a file is opened, and `FileFormat` for what it looks like.
///
/// Elements are read and written one at a time, or as packed bytes in ranges. Their addresses need not be aligned: a
/// header may have any length.
public struct MappedArray<Element: BitwiseCopyable>: ~Copyable {
  var storage: ArrayStorage

  /// How many elements there are. A raw file may have been lengthened by another program since: see `refresh()`.
  public var count: Int { storage.count }
  public var isEmpty: Bool { count == 0 }
  /// The dimensions, rows first. The product is the count.
  public var shape: [Int] { storage.shape }
  /// Elements that the file has disk space for.
  public var capacity: Int { storage.capacity }
  public var elementType: ElementType { storage.elementType }
  public var format: FileFormat { storage.format }
  public var access: Access { storage.access }
  public var path: RelativePath { storage.path }
  public var identity: FileIdentity { storage.identity }
  /// Elements in a row; lengths change by whole rows.
  public var rowSize: Int { storage.rowSize }
  /// Bytes of the file, all of which are mapped.
  public var mappedBytes: Int { storage.fileSize }
}

extension MappedArray where Element: MappableElement {
  /// Maps an open file.
  ///
  /// - Throws: `.type` if the file's elements are not `Element`, `.system` if the file cannot be mapped.
  /// - Complexity: O(1), whatever the file's size.
  public init(_ file: consuming ArrayFile) throws(MappedArrayError) {
    guard file.elementType == Element.elementType else {
      throw .type(recorded: file.elementType, requested: Element.elementType)
    }
    storage = try ArrayStorage.map(file)
  }

  /// Opens and maps the file at `path` below `root`; a missing file is created if `access` is writable.
  ///
  /// - Parameters:
  ///   - path: the file's.
  ///   - root: what it lies below.
  ///   - isRaw: whether the file is to have no header. A file with contents and no header is raw in any case.
  ///   - access: whether the array may be changed.
  public init(
    path: RelativePath, in root: borrowing Root, isRaw: Bool = false, access: Access = .writable
  ) throws(MappedArrayError) {
    let request = MappingRequest(elementType: Element.elementType, isRaw: isRaw, access: access)
    try self.init(ArrayFile(opening: path, in: root, for: request))
  }
}

// MARK: - Elements

extension MappedArray {
  /// The element at `index`, or nil if it is out of range.
  ///
  /// - Complexity: O(1). Behind the end of a raw file a system call looks for new elements.
  public mutating func element(at index: Int) throws(MappedArrayError) -> Element? {
    if UInt(bitPattern: index) >= UInt(bitPattern: storage.count) {
      guard try findNewElement(at: index) else { return nil }
    }
    let element = self[unchecked: index]
    try storage.checkFault()
    return element
  }

  /// Throws `.fault` if what was read or written since the array was mapped met a part of the file that is gone. For
  /// those who use `existingElement`, `withElements` or `withPackedElements`.
  @inline(__always)
  public borrowing func checkFault() throws(MappedArrayError) { try storage.checkFault() }

  /// Makes sure that a range of elements can be read.
  ///
  /// - Throws: `.fault` if a part of it is gone.
  /// - Complexity: O(n) in the pages of the range.
  public borrowing func checkReadable(_ range: Range<Int>) throws(MappedArrayError) {
    withPackedElements(in: range) { storage.mapping.touch($0) }
    try storage.checkFault()
  }

  /// Reads a byte of each element that is there, so that `checkFault` tells whether they can be had.
  ///
  /// - Returns: whether all are there.
  @inline(__always)
  public borrowing func touch(_ indexes: UnsafeMutableBufferPointer<Int>) -> Bool {
    var areThere = true
    for index in indexes {
      if UInt(bitPattern: index) < UInt(bitPattern: storage.count) {
        fault_guard_touch(storage.elements + index &* MemoryLayout<Element>.stride)
      } else {
        areThere = false
      }
    }
    return areThere
  }

  /// Maps the file again, as it is now, after a fault.
  ///
  /// - Throws: why it is no longer the array that it was.
  public mutating func reload() throws(MappedArrayError) { try storage.reload() }

  /// The element at `index`, or nil if it is not among those that are known: no system call looks for new ones.
  public borrowing func existingElement(at index: Int) -> Element? {
    UInt(bitPattern: index) < UInt(bitPattern: storage.count) ? self[unchecked: index] : nil
  }

  /// Whether another program has appended to a raw file so far that there is an element at `index`.
  mutating func findNewElement(at index: Int) throws(MappedArrayError) -> Bool {
    guard storage.isRaw, index >= 0 else { return false }
    try storage.refresh()
    return index < storage.count
  }

  /// The element at an index that is known to be less than the count.
  subscript(unchecked index: Int) -> Element {
    // In bounds of the mapping by the caller's knowledge; a header may leave the elements unaligned.
    storage.elements.loadUnaligned(fromByteOffset: index &* MemoryLayout<Element>.stride, as: Element.self)
  }

  /// Replaces the element at `index` and answers whether there is one.
  public mutating func update(at index: Int, to element: Element) throws(MappedArrayError) -> Bool {
    if UInt(bitPattern: index) >= UInt(bitPattern: storage.count) {
      guard try findNewElement(at: index) else { return false }
    }
    try withUnsafeBytes(of: element) { (bytes) throws(MappedArrayError) in try storage.write(bytes, at: index) }
    return true
  }

  /// Adds one element at the end.
  ///
  /// - Complexity: O(1) amortised; for a raw file one lseek and one pwrite.
  public mutating func append(_ element: Element) throws(MappedArrayError) {
    try withUnsafeBytes(of: element) { (bytes) throws(MappedArrayError) in try append(packed: bytes) }
  }

  /// Adds elements at the end: all or, on an error, none.
  public mutating func append(contentsOf elements: Span<Element>) throws(MappedArrayError) {
    try elements.withUnsafeBytes { (bytes) throws(MappedArrayError) in try append(packed: bytes) }
  }

  /// Removes the last element and answers it, or nil if there is none.
  public mutating func popLast() throws(MappedArrayError) -> Element? {
    try storage.refresh()
    guard count > 0 else { return nil }
    let last = self[unchecked: count - 1]
    try storage.checkFault()
    try storage.resize(to: count - 1)
    return last
  }

  /// Removes all elements.
  public mutating func removeAll() throws(MappedArrayError) {
    try storage.resize(to: 0)
  }

  /// Sets the count; new elements are zero.
  public mutating func resize(to newCount: Int) throws(MappedArrayError) {
    try storage.resize(to: newCount)
  }

  /// Sets the count, and leaves it to `continueShrink` to cut a file that becomes shorter: to free much disk space takes
  /// long. Every other change of the length does what is left of it first.
  public mutating func beginResize(to newCount: Int) throws(MappedArrayError) {
    try storage.beginResize(to: newCount)
  }

  /// Cuts off at most `limit` bytes, and answers whether more are left.
  public mutating func continueShrink(by limit: Int) throws(MappedArrayError) -> Bool {
    try storage.continueShrink(by: limit)
  }
}

// MARK: - Packed elements

extension MappedArray {
  /// Calls `body` with the packed bytes of a range of elements, cut to those there are.
  public borrowing func withPackedElements<Result, Failure: Error>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let range = range.clamped(to: 0..<storage.count)
    let stride = MemoryLayout<Element>.stride
    return try body(
      UnsafeRawBufferPointer(start: storage.elements + range.lowerBound * stride, count: range.count * stride))
  }

  /// Reads packed elements from the file and not from the mapping, for a process that must not meet a fault when another
  /// cuts the file; pread(2). Elements that are gone are zeros.
  public borrowing func readPacked(
    at index: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(MappedArrayError) {
    try storage.read(at: index, into: buffer)
  }

  /// Adds packed elements at the end: all or, on an error, none.
  public mutating func append(packed bytes: UnsafeRawBufferPointer) throws(MappedArrayError) {
    let stride = MemoryLayout<Element>.stride
    guard bytes.count % stride == 0 else { throw .partialElement(bytes: bytes.count, elementSize: stride) }
    try storage.append(bytes)
  }

  /// Writes packed elements at `index`, past the end too: a gap is filled with zeros. No bytes change nothing.
  public mutating func write(packed bytes: UnsafeRawBufferPointer, at index: Int) throws(MappedArrayError) {
    let stride = MemoryLayout<Element>.stride
    guard bytes.count % stride == 0 else { throw .partialElement(bytes: bytes.count, elementSize: stride) }
    guard index >= 0 else { throw .negative(index) }
    try storage.write(bytes, at: index)
  }
}

// MARK: - The file

extension MappedArray {
  /// Looks how many elements a raw file has now: other programs may append to it or cut it.
  public mutating func refresh() throws(MappedArrayError) {
    try storage.refresh()
  }

  /// Flushes the elements and the count to the disk; fdatasync(2).
  public func synchronize() throws(MappedArrayError) {
    try storage.synchronize()
  }

  /// Another descriptor of the file, for somebody who flushes it elsewhere and then closes it; nil if there are too many.
  public func duplicateDescriptor() -> Int32? { storage.duplicateDescriptor() }

  /// What a flush elsewhere ended with, as this library says it; nil for the code 0.
  public func flushError(_ code: Int32) -> MappedArrayError? {
    code == 0 ? nil : storage.flushError(code)
  }

  /// Bytes of the file that are in memory now; mincore(2).
  ///
  /// - Complexity: O(`mappedBytes`), a byte for each page.
  public var residentBytes: Int { storage.residentBytes }

  /// Cuts off the room behind the elements, as the end of the array's life does.
  public mutating func trim() throws(MappedArrayError) {
    try storage.trim()
  }

  /// Gives the file up before the array's life ends: cuts off the room behind the elements and lets others write the
  /// file. The array must not be changed any more.
  public mutating func retire() {
    storage.retire()
  }
}

extension MappedArray {
  /// Holes may have been filled since they were looked for.
  public mutating func forgetHoles() { storage.hasHoles = nil }

  /// After a rename: what the file is called from now on.
  public mutating func rename(to path: RelativePath) { storage.path = path }
}

// MARK: - Ranges

extension MappedArray where Element: MappableElement {
  /// Calls `body` with a view of a range of elements, cut to those there are. The view is valid only during the call.
  public borrowing func withElements<Result, Failure: Error>(
    in range: Range<Int>, _ body: (ElementView<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withPackedElements(in: range) { (bytes) throws(Failure) in
      // An empty range has an address too: that of the place where its first element would be.
      guard let base = bytes.baseAddress else { return try body(ElementView(base: storage.elements, count: 0)) }
      return try body(ElementView(base: base, count: bytes.count / MemoryLayout<Element>.stride))
    }
  }

  /// Reserves disk space for a range of a sparse file, so that a full disk is an error now and not later.
  public mutating func reserveSpace(in range: Range<Int>) throws(MappedArrayError) {
    try storage.makeStorable(range.clamped(to: 0..<count))
  }

  /// Reserves disk space for an element of a sparse file, if there is such an element: before the first of several is
  /// replaced.
  public mutating func reserveSpace(at index: Int) throws(MappedArrayError) {
    guard UInt(bitPattern: index) < UInt(bitPattern: count) else { return }
    try storage.makeStorable(index..<index + 1)
  }

  /// Replaces a range of elements, cut to those there are, by one value.
  ///
  /// - Complexity: O(`range.count`).
  public mutating func fill(_ range: Range<Int>, with value: Element) throws(MappedArrayError) {
    let range = range.clamped(to: 0..<count)
    let stride = MemoryLayout<Element>.stride
    try storage.makeStorable(range)
    let destination = UnsafeMutableRawBufferPointer(
      start: storage.elements + range.lowerBound * stride, count: range.count * stride)
    Element.fill(destination, with: value)
    try storage.checkFault()
  }
}
