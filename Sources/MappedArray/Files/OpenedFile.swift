import SystemPackage

/// A regular file that has been opened below a root, and nothing more.
struct OpenedFile: ~Copyable {
  let descriptor: Descriptor
  let path: RelativePath
  let status: FileStatus
  /// Whether opening it created it.
  let isNew: Bool

  init(_ descriptor: consuming Descriptor, path: RelativePath, isNew: Bool) throws(MappedArrayError) {
    let status: FileStatus
    do {
      status = try descriptor.status()
    } catch {
      throw .system(error, path: path.path.string)
    }
    guard status.isRegularFile else { throw .path(.notRegularFile) }
    self.descriptor = descriptor
    self.status = status
    self.path = path
    self.isNew = isNew
  }

  /// Whether the file is known to hold nothing now.
  var isEmpty: Bool { (try? descriptor.status().size) == 0 }

  consuming func takeDescriptor() -> Descriptor { descriptor }

  /// Runs system calls on the file and names it in what they throw.
  borrowing func onFile<Result: ~Copyable>(
    _ body: (borrowing Descriptor) throws(SystemCallError) -> Result
  ) throws(MappedArrayError) -> Result {
    do {
      return try body(descriptor)
    } catch {
      throw .system(error, path: path.path.string)
    }
  }
}

extension Descriptor {
  /// Up to `count` bytes at `offset`, fewer only at the end of the file.
  ///
  /// - Parameter path: what the file is called in errors.
  func bytes(at offset: Int = 0, count: Int, path: RelativePath) throws(MappedArrayError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    do throws(SystemCallError) {
      var span = bytes.mutableSpan
      let count = try span.withUnsafeMutableBytes { (buffer) throws(SystemCallError) -> Int in
        try read(into: buffer, at: offset)
      }
      return Array(bytes.prefix(count))
    } catch {
      throw .system(error, path: path.path.string)
    }
  }
}
