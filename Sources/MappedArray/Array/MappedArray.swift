import CFaultGuard

/// A file of numbers as an array of them.
///
/// > Important: Where another program cuts the file, or its disk fails, the next access to what is gone ends the process
/// > with the signal `SIGBUS`, unless ``FaultGuard/install()`` has been called: then there are zeros, and
/// > ``checkFault()`` throws, as does all that throws. See <doc:Faults>.
///
/// It is a ``MappedFile`` for those who know the type of its elements.
public struct MappedArray<Element: BitwiseCopyable>: ~Copyable {
  // The only stored property: see `MappedFileCell`.
  /// The file: what it is, and all that is done with it whatever its elements are.
  @usableFromInline
  package var file: MappedFile

  /// How many elements there are. A raw file may have been lengthened by another program since: see ``refresh()``.
  @inlinable
  public var count: Int { file.count }

  @inlinable
  public var isEmpty: Bool { count == 0 }

  /// The indexes of all elements, in order.
  @inlinable
  public var indices: Range<Int> { 0..<count }
}

extension MappedArray where Element: MappableElement {
  /// Maps an open file.
  ///
  /// - Throws: `.type` if the file's elements are not `Element`, `.system` if the file cannot be mapped.
  /// - Complexity: O(1), whatever the file's size.
  package init(_ file: consuming ArrayFile) throws(MappedArrayError) {
    guard file.elementType == Element.elementType else {
      throw .type(recorded: file.elementType, requested: Element.elementType)
    }
    self.file = try MappedFile(file)
  }

  /// Opens and maps the file at `path` below `root`; a missing file is created if `access` is writable.
  ///
  /// - Parameters:
  ///   - path: the file's.
  ///   - root: what it lies below.
  ///   - isRaw: whether the file is to have no header. A file with contents and no header is raw in any case.
  ///   - access: whether the array may be changed.
  package init(
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
  @inlinable
  public mutating func element(at index: Int) throws(MappedArrayError) -> Element? {
    if UInt(bitPattern: index) >= UInt(bitPattern: file.count) {
      guard try findNewElement(at: index) else { return nil }
    }
    let element = self[unchecked: index]
    try file.checkFault()
    return element
  }

  /// Reads a byte of each element that is there, so that `checkFault` throws if one cannot be had.
  ///
  /// - Returns: whether all are there.
  @inlinable
  @inline(__always)
  package borrowing func touch(_ indexes: UnsafeMutableBufferPointer<Int>) -> Bool {
    var areThere = true
    for index in indexes {
      if UInt(bitPattern: index) < UInt(bitPattern: file.count) {
        let address = file.elements + index &* MemoryLayout<Element>.stride
        fault_guard_touch(address)
        // A long one may end on another page.
        if MemoryLayout<Element>.stride > 16 { fault_guard_touch(address + (MemoryLayout<Element>.stride &- 1)) }
      } else {
        areThere = false
      }
    }
    return areThere
  }

  /// Has the processor begin to fetch the element at `index`, if there is one: it is replaced soon.
  @inlinable
  @inline(__always)
  package borrowing func expectUpdate(at index: Int) {
    guard UInt(bitPattern: index) < UInt(bitPattern: file.count) else { return }
    fault_guard_expect_store(file.elements + index &* MemoryLayout<Element>.stride)
  }

  /// Whether another program has appended to a raw file so far that there is an element at `index`.
  @usableFromInline
  mutating func findNewElement(at index: Int) throws(MappedArrayError) -> Bool {
    guard file.isRaw, index >= 0 else { return false }
    try file.refresh()
    return index < file.count
  }

  /// Replaces the element at `index`, with an error where the subscript reports nothing.
  ///
  /// - Returns: whether there is one.
  /// - Throws: `.readOnly`; `.system` if there is no disk space for it in a sparse file; `.fault` if it is gone.
  @inlinable
  public mutating func update(at index: Int, to element: Element) throws(MappedArrayError) -> Bool {
    if UInt(bitPattern: index) >= UInt(bitPattern: file.count) {
      guard try findNewElement(at: index) else { return false }
    }
    guard file.isReadyForStores else {
      try withUnsafeBytes(of: element) { (bytes) throws(MappedArrayError) in try file.write(bytes, at: index) }
      return true
    }
    file.elements.storeBytes(of: element, toByteOffset: index &* MemoryLayout<Element>.stride, as: Element.self)
    try file.checkFault()
    return true
  }

  /// Adds one element at the end.
  ///
  /// - Throws: `.readOnly`; `.system` if there is no disk space; `.partialRow` if the array has several dimensions.
  /// - Complexity: O(1) amortised; for a raw file one lseek and one pwrite.
  @inlinable
  public mutating func append(_ element: Element) throws(MappedArrayError) {
    try withUnsafeBytes(of: element) { (bytes) throws(MappedArrayError) in try file.append(bytes) }
  }

  /// Adds elements at the end: all or, on an error, none.
  ///
  /// - Throws: `.readOnly`; `.system` if there is no disk space; `.partialRow` if they are no whole rows.
  /// - Complexity: O(n) amortised; for a raw file one lseek and one pwrite.
  @inlinable
  public mutating func append(contentsOf elements: Span<Element>) throws(MappedArrayError) {
    try elements.withUnsafeBytes { (bytes) throws(MappedArrayError) in try file.append(bytes) }
  }

  /// Adds elements at the end: all or, on an error, none. Throws as for a span.
  @inlinable
  public mutating func append(contentsOf elements: some Sequence<Element>) throws(MappedArrayError) {
    // What does not lie in a row is copied there.
    let elements = ContiguousArray(elements)
    try append(contentsOf: elements.span)
  }

  /// Removes the last element.
  ///
  /// - Returns: the element, or nil if there was none.
  /// - Throws: `.readOnly`; `.partialRow` if the array has several dimensions; see ``resize(rows:)`` for those.
  /// - Complexity: O(1); for a raw file a lseek and a ftruncate.
  @inlinable
  public mutating func popLast() throws(MappedArrayError) -> Element? {
    try file.refresh()
    guard count > 0 else { return nil }
    let last = self[unchecked: count - 1]
    try file.checkFault()
    try file.resize(to: count - 1)
    return last
  }

  /// Removes all elements; the file is cut.
  public mutating func removeAll() throws(MappedArrayError) { try file.resize(to: 0) }
}

// MARK: - Ranges

extension MappedArray where Element: MappableElement {
  /// Calls `body` with a view of a range of elements, cut to those there are. The view is valid only during the call.
  @inlinable
  package borrowing func withElements<Result, Failure: Error>(
    in range: Range<Int>, _ body: (ElementView<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let range = range.clamped(to: 0..<file.count)
    // An empty range has an address too: that of the place where its first element would be.
    return try body(
      ElementView(base: file.elements + range.lowerBound * MemoryLayout<Element>.stride, count: range.count))
  }

  /// Replaces a range of elements, cut to those there are, by one value.
  ///
  /// - Throws: as ``update(at:to:)``.
  /// - Complexity: O(`range.count`).
  public mutating func fill(_ range: Range<Int>, with value: Element) throws(MappedArrayError) {
    let range = range.clamped(to: 0..<count)
    let stride = MemoryLayout<Element>.stride
    try file.makeStorable(range)
    let destination = UnsafeMutableRawBufferPointer(
      start: file.elements + range.lowerBound * stride, count: range.count * stride)
    Element.fill(destination, with: value)
    try file.checkFault()
  }
}

// As the file.
extension MappedArray: Sendable where Element: Sendable {}
