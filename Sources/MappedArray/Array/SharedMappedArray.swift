/// An array that is only read from now on, as a collection: with all that collections can do, copied for nothing, and for
/// any number of threads.
///
///     let prices = try MappedArray<Float>("prices.npy").shared()
///     let best = prices.indices.max { prices[$0] < prices[$1] }
///
/// Its copies share one mapping, which ends with the last of them. It has as many elements as the array had. Nobody changes
/// them through it, but a program that has the file may: then an element is what the file holds when it is read, and an
/// algorithm that reads one twice can find two values. Nothing is checked for faults on the way: ``checkFault()`` tells
/// afterwards.
public struct SharedMappedArray<Element: MappableElement>: RandomAccessCollection, Sendable {
  /// The array, which nobody changes.
  @usableFromInline
  final class Owner: Sendable {
    @usableFromInline
    let array: MappedArray<Element>

    init(_ array: consuming MappedArray<Element>) { self.array = array }
  }

  @usableFromInline
  let owner: Owner
  /// The first element, which the owner keeps where it is.
  @usableFromInline
  nonisolated(unsafe) let elements: UnsafeRawPointer

  @inlinable
  public var startIndex: Int { 0 }

  /// How many elements there are.
  public let endIndex: Int

  /// Takes an array over.
  ///
  /// - Complexity: O(1).
  public init(_ array: consuming MappedArray<Element>) {
    elements = UnsafeRawPointer(array.file.elements)
    endIndex = array.count
    owner = Owner(array)
  }

  /// The element at `index`.
  ///
  /// - Precondition: `index` is in `0..<count`.
  /// - Complexity: O(1).
  @inlinable
  public subscript(index: Int) -> Element {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: endIndex), "Index out of range")
    return withExtendedLifetime(owner) {
      // In bounds; a header may leave the elements unaligned.
      elements.loadUnaligned(fromByteOffset: index &* MemoryLayout<Element>.stride, as: Element.self)
    }
  }

  /// All elements.
  ///
  /// - Throws: as ``MappedArray/span``.
  @inlinable
  public var span: Span<Element> {
    @_lifetime(borrow self)
    get throws(MappedArrayError) {
      try owner.array.file.checkSpan(alignment: MemoryLayout<Element>.alignment)
      // The owner lives as long as `self`, and the mapping as long as the owner.
      return _overrideLifetime(
        UnsafeBufferPointer(start: elements.assumingMemoryBound(to: Element.self), count: Swift.max(endIndex, 0)).span,
        borrowing: self)
    }
  }

  public func withContiguousStorageIfAvailable<Result>(
    _ body: (UnsafeBufferPointer<Element>) throws -> Result
  ) rethrows -> Result? {
    guard owner.array.isAligned else { return nil }
    return try withExtendedLifetime(owner) {
      try body(UnsafeBufferPointer(start: elements.assumingMemoryBound(to: Element.self), count: endIndex))
    }
  }

  /// The dimensions, rows first. The product is the count.
  public var shape: [Int] { owner.array.shape }

  /// See ``MappedArray/checkFault()``.
  public func checkFault() throws(MappedArrayError) { try owner.array.checkFault() }
}

extension MappedArray where Element: MappableElement {
  /// Gives the array up for a collection of its elements.
  public consuming func shared() -> SharedMappedArray<Element> { SharedMappedArray(self) }
}
