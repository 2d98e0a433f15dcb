import SystemPackage

// The file on its disk.
extension MappedFile {
  /// Flushes the elements and the count to the disk; fdatasync(2).
  public func synchronize() throws(MappedArrayError) {
    try onFile { () throws(SystemCallError) in try descriptor.synchronize() }
  }

  /// Another descriptor of the file, for somebody who flushes it elsewhere and then closes it; nil if there are too many.
  package func duplicateDescriptor() -> Int32? { try? descriptor.duplicate() }

  /// After a rename: what the file is called from now on.
  package mutating func rename(to path: RelativePath) { self.path = path }

  /// Cuts off the room behind the elements, as the end of its life does.
  public mutating func trim() throws(MappedArrayError) {
    // Where the elements end in a file that has been cut is not known.
    try checkFault()
    try completeShrink()
    guard access == .writable, !isRaw else { return }
    let end = try offset(of: count)
    if fileSize > end { try cut(to: end) }
    capacity = count
  }

  /// Gives the file up before the end of its life: cuts off the room behind the elements and lets others write the file.
  /// It must not be changed any more.
  package mutating func retire() {
    guard access == .writable else { return }
    // There is nobody left to hear of a failure, and a longer file is valid.
    try? trim()
    // The file may be somebody else's from now on: whatever is left of spare room is not cut off later.
    fileSize = min(fileSize, dataOffset + count * elementSize)
    shrinkingTo = nil
    descriptor.unlock()
  }
}

extension MappedArrayError {
  /// What a flush elsewhere ended with, as this library says it; nil for the code 0.
  package static func flush(_ code: Int32, path: String) -> MappedArrayError? {
    code == 0 ? nil : .system(SystemCallError(name: "fdatasync", errno: Errno(rawValue: code)), path: path)
  }
}
