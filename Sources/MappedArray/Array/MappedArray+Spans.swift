// Elements in place, as fast as those of an array in memory.
extension MappedArray where Element: MappableElement {
  /// All elements.
  ///
  /// Other programs may write the file while the span is read: then each load finds an old or a new element, and two loads
  /// of one may differ. Nothing else can happen to it, as the array is neither changed nor given up while there is a span.
  ///
  /// - Throws: `.unaligned` if the file's header leaves the elements where no span can be of them: see ``isAligned``.
  ///   `.fault` if a part of the file is known to be gone.
  /// - Complexity: O(1).
  @inlinable
  public var span: Span<Element> {
    @_lifetime(borrow self)
    get throws(MappedArrayError) {
      try file.checkSpan(alignment: MemoryLayout<Element>.alignment)
      // A count that the compiler knows to be none below zero halves what it checks of an index.
      let elements = UnsafeBufferPointer(
        start: UnsafePointer(file.elements.assumingMemoryBound(to: Element.self)), count: Swift.max(file.count, 0))
      // The mapping is as long as those elements, and stays where it is as long as `self` is borrowed.
      return _overrideLifetime(elements.span, borrowing: self)
    }
  }

  /// All elements, to be changed in place. What is stored is in the file at once, for other programs too.
  ///
  /// A function and no property like `Array`'s, because it can fail: there must be disk space for what is stored. In a sparse
  /// file it is reserved first, for all elements; ``mutableSpan(in:)`` does so for a range.
  ///
  /// - Throws: `.readOnly`, `.system` if there is no disk space, and as ``span``.
  /// - Complexity: O(1) and the first time a system call; O(n) in the holes of a sparse file.
  @_lifetime(&self)
  @inlinable
  public mutating func mutableSpan() throws(MappedArrayError) -> MutableSpan<Element> {
    try mutableSpan(in: 0..<file.count)
  }

  /// The elements of a range, to be changed in place; see ``mutableSpan()``.
  ///
  /// - Precondition: `range` is in `0..<count`.
  @_lifetime(&self)
  @inlinable
  public mutating func mutableSpan(in range: Range<Int>) throws(MappedArrayError) -> MutableSpan<Element> {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.count, "Range out of bounds")
    try file.makeStorable(range)
    try file.checkSpan(alignment: MemoryLayout<Element>.alignment)
    let elements = UnsafeMutableBufferPointer(
      start: file.elements.assumingMemoryBound(to: Element.self) + range.lowerBound, count: range.count)
    // As in `span`; the mapping is writable, and nobody else has it as long as `self` is being changed.
    return _overrideLifetime(elements.mutableSpan, mutating: &self)
  }

  /// Whether there can be a span of the elements: whether they are where the processor wants its numbers.
  ///
  /// They are in every raw file, and in what NumPy has written since its version 1.9, for it fills its headers up to a
  /// multiple of 16 bytes. Where another program has not, all but spans works nevertheless.
  public var isAligned: Bool { file.dataOffset % MemoryLayout<Element>.alignment == 0 }

  /// A copy of a range of elements, cut to those there are, whether they are aligned or not.
  ///
  /// - Throws: `.fault` if a part of them is gone.
  /// - Complexity: O(`range.count`).
  public borrowing func elements(in range: Range<Int>) throws(MappedArrayError) -> [Element] {
    let elements = withPackedElements(in: range) { bytes in
      [Element](unsafeUninitializedCapacity: bytes.count / MemoryLayout<Element>.stride) { buffer, count in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
        count = buffer.count
      }
    }
    try file.checkFault()
    return elements
  }
}

extension MappedArray where Element: MappableElement {
  /// The elements of a range.
  ///
  /// - Precondition: `range` is in `0..<count`.
  /// - Throws: as ``span``.
  @inlinable
  public subscript(range: Range<Int>) -> Span<Element> {
    @_lifetime(borrow self)
    get throws(MappedArrayError) {
      try span.extracting(range)
    }
  }
}

extension MappedFile {
  /// Makes sure that there can be a span of the elements.
  ///
  /// - Parameter alignment: theirs, in bytes.
  @usableFromInline
  func checkSpan(alignment: Int) throws(MappedArrayError) {
    guard dataOffset % alignment == 0 else { throw .unaligned(dataOffset: dataOffset, elementType) }
    try checkFault()
  }
}
