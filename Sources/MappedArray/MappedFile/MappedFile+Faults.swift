// What is done when a part of the file is gone.
extension MappedFile {
  /// Throws `.fault` if what was read or written since the file was mapped met a part of it that is gone. For those who
  /// use `withPackedElements` or what a `MappedArray` does without an error.
  @inline(__always)
  public func checkFault() throws(MappedArrayError) {
    if mapping.hasFailed { throw .fault(path: path.path.string) }
  }

  /// Makes sure that a range of elements can be read.
  ///
  /// - Throws: `.fault` if a part of it is gone.
  /// - Complexity: O(n) in the pages of the range.
  @usableFromInline
  package func checkReadable(_ range: Range<Int>) throws(MappedArrayError) {
    withPackedElements(in: range) { mapping.touch($0) }
    try checkFault()
  }

  /// Maps the file again, as it is now, after a fault.
  ///
  /// - Throws: why it is no longer the array that it was.
  public mutating func reload() throws(MappedArrayError) {
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
    count = header?.count ?? wholeCount(size: size)
    capacity = count
    shrinkingTo = nil
    hasHoles = nil
    updateReaders()
  }
}
