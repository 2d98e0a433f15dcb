// Single elements, by indexes that the program itself makes.
extension MappedArray {
  /// The element at `index`.
  ///
  /// To set one stores it in the mapping, which reports nothing: where a sparse file has a hole and the disk is full that
  /// is a fault. ``update(at:to:)`` and ``mutableSpan()`` throw an error there.
  ///
  /// - Precondition: `index` is in `0..<count`, and to set an element the array is writable.
  /// - Complexity: O(1).
  @inlinable
  public subscript(index: Int) -> Element {
    get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: file.count), "Index out of range")
      return self[unchecked: index]
    }
    set {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: file.count), "Index out of range")
      precondition(file.access == .writable, "The array is read-only: open it with MappedArray(updating:)")
      // In bounds, and the mapping is writable; a header may leave the elements unaligned.
      file.elements.storeBytes(of: newValue, toByteOffset: index &* MemoryLayout<Element>.stride, as: Element.self)
    }
  }

  /// The element at `index`, or nil if there is none: for indexes that come from elsewhere.
  ///
  /// - Complexity: O(1); no system call looks for what others have appended to a raw file.
  @inlinable
  @inline(__always)
  public subscript(checked index: Int) -> Element? {
    UInt(bitPattern: index) < UInt(bitPattern: file.count) ? self[unchecked: index] : nil
  }

  /// The element at an index that is known to be less than the count.
  @inlinable
  @inline(__always)
  subscript(unchecked index: Int) -> Element {
    // In bounds of the mapping by the caller's knowledge; a header may leave the elements unaligned.
    file.elements.loadUnaligned(fromByteOffset: index &* MemoryLayout<Element>.stride, as: Element.self)
  }
}
