/// A mapped file in memory of its own, where it can be had as the array that it is: nothing is copied or converted.
///
/// For those who own files of all element types in one class.
package struct MappedFileCell: ~Copyable {
  /// The file's address, as long as the cell lives.
  package let address: UnsafeMutablePointer<MappedFile>

  package init(_ file: consuming MappedFile) {
    address = .allocate(capacity: 1)
    address.initialize(to: file)
  }

  deinit {
    address.deinitialize(count: 1)
    address.deallocate()
  }

  /// The address of a cell's file as that of an array.
  ///
  /// - Precondition: `Element` is the type of the file's elements.
  @inlinable
  @inline(__always)
  package static func array<Element: MappableElement>(
    of type: Element.Type, at address: UnsafeMutablePointer<MappedFile>
  ) -> UnsafeMutablePointer<MappedArray<Element>> {
    assert(address.pointee.elementType == Element.elementType)
    // A `MappedArray` is a struct of one stored property, the file, and so the same in memory, whatever its elements.
    return UnsafeMutableRawPointer(address).assumingMemoryBound(to: MappedArray<Element>.self)
  }

  /// The address of the file as an array, as ``array(of:at:)`` has it.
  @inlinable
  @inline(__always)
  package func address<Element: MappableElement>(as type: Element.Type) -> UnsafeMutablePointer<MappedArray<Element>> {
    MappedFileCell.array(of: type, at: address)
  }
}
