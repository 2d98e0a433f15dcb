import Glibc

// Paths and codes of errors are in the library's interface: whoever imports it can name them.
@_documentation(visibility: internal) @_exported import struct SystemPackage.Errno
@_documentation(visibility: internal) @_exported import struct SystemPackage.FilePath

// Files at paths that the program itself chose: anywhere, through symbolic links too, as open(2) finds them. What comes
// from somebody else belongs below a `Root`.
extension ArrayFile {
  /// Opens a file that is there.
  ///
  /// - Parameters:
  ///   - path: the file's, from the process's working directory on if it is relative.
  ///   - elementType: what its elements must be, or nil for the header's.
  ///   - format: whether it has a header.
  ///   - access: whether the array may be changed; then the file is locked.
  init(
    at path: FilePath, elementType: ElementType?, format: FileFormat, access: Access
  ) throws(MappedArrayError) {
    let file = try OpenedFile(at: path, flags: access == .writable ? O_RDWR : O_RDONLY)
    if access == .writable { try file.lock() }
    let size = try file.onFile { (descriptor) throws(SystemCallError) in try descriptor.status().size }
    let header = try ArrayFile.readHeader(of: file.descriptor, size: size, path: file.path)
    switch (header, format) {
    case (nil, .npy): throw .missingHeader(elementType ?? .f64)
    case (let header?, .raw): throw .rawContradictsHeader(header.elementType)
    default: break
    }
    if let recorded = header?.elementType, let elementType, recorded != elementType {
      throw .type(recorded: recorded, requested: elementType)
    }
    self.header = header
    self.elementType = header?.elementType ?? elementType ?? .f64
    columns = nil
    self.access = access
    self.file = file
  }

  /// Makes a file of zeros and locks it. It is an array from the moment on at which all of it is there: the header comes
  /// last.
  ///
  /// - Parameters:
  ///   - header: what it begins with; nil for a raw file.
  ///   - count: how many elements it has.
  /// - Throws: `.system` with `EEXIST` if there is one.
  init(
    creating path: FilePath, elementType: ElementType, header: NPYHeader?, count: Int
  ) throws(MappedArrayError) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: elementType.size)
    let (size, stillOverflow) = bytes.addingReportingOverflow(header?.dataOffset ?? 0)
    guard !overflow, !stillOverflow else { throw .tooLarge }
    let file = try OpenedFile(at: path, flags: O_RDWR | O_CREAT | O_EXCL)
    do throws(MappedArrayError) {
      try file.lock()
      try file.onFile { (descriptor) throws(SystemCallError) in
        if size > 0 { try descriptor.allocate(0..<size) }
        try header?.bytes.span.withUnsafeBytes { (bytes) throws(SystemCallError) in try descriptor.write(bytes, at: 0) }
      }
    } catch {
      // Another process may have found the new file and use it already.
      if case .locked = error { throw error }
      OpenedFile.remove(path)
      throw error
    }
    self.header = header
    self.elementType = elementType
    columns = nil
    access = .writable
    self.file = file
  }
}

extension OpenedFile {
  /// Opens the file, or makes it if `flags` say so.
  fileprivate init(at path: FilePath, flags: Int32) throws(MappedArrayError) {
    guard !path.isEmpty else { throw .path(.empty) }
    let descriptor: Int32
    do {
      // O_NONBLOCK: opening a FIFO or a device must not wait.
      descriptor = try systemCall("open") {
        path.withPlatformString { Glibc.open($0, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o666) }
      }
    } catch {
      switch error.errno {
      case .isDirectory, .noSuchAddressOrDevice: throw .path(.notRegularFile)
      default: throw .system(error, path: path.string)
      }
    }
    try self.init(
      Descriptor(owning: descriptor), path: RelativePath(ofProgram: path), isNew: flags & O_CREAT != 0)
  }

  /// Takes the lock of those who write the file, or throws `.locked`.
  fileprivate func lock() throws(MappedArrayError) {
    guard try onFile({ (descriptor) throws(SystemCallError) in try descriptor.tryLock() }) else {
      throw .locked(path: path.path.string)
    }
  }

  /// Takes away the name of a file that was made here and cannot be used.
  static func remove(_ path: FilePath) { _ = path.withPlatformString { unlink($0) } }
}
