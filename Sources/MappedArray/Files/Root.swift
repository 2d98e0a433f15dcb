import CSystemCalls
import Glibc
import SystemPackage

/// The directory that all files live under. Nothing outside it can be reached through it.
package struct Root: ~Copyable {
  let descriptor: Descriptor
  /// The absolute path, without symbolic links.
  package let path: FilePath
  /// Whether `openat2` is not even tried, as if the kernel lacked it.
  let walks: Bool
  private let minimumDescriptor: Int32

  /// Opens the directory at `path`, creating it (not its parents) with mode 0770 less the umask if it is missing.
  ///
  /// - Parameters:
  ///   - path: the directory's.
  ///   - minimumDescriptor: the least number that an array's file descriptor has. Those below are left to the rest of the
  ///     process, however many arrays there are.
  package init(path: FilePath, minimumDescriptor: Int32 = 0) throws(SystemCallError) {
    try self.init(path: path, minimumDescriptor: minimumDescriptor, walks: false)
  }

  init(path: FilePath, minimumDescriptor: Int32 = 0, walks: Bool) throws(SystemCallError) {
    do {
      try systemCall("mkdir") { path.withPlatformString { mkdir($0, 0o770) } }
    } catch {
      guard error.errno == .fileExists else { throw error }
    }
    let resolved = try Root.resolved(path)
    descriptor = Descriptor(
      owning: try systemCall("open") {
        resolved.withPlatformString { Glibc.open($0, open_path_only | O_DIRECTORY | O_CLOEXEC) }
      })
    self.path = resolved
    self.walks = walks
    self.minimumDescriptor = minimumDescriptor
  }

  /// Reads a path as it came from outside: relative to the root, or absolute and inside it.
  package borrowing func relativePath(_ bytes: UnsafeRawBufferPointer) throws(MappedArrayError) -> RelativePath {
    try RelativePath(bytes: bytes, root: path)
  }

  /// Opens a regular file. No component may be a symbolic link.
  ///
  /// - Parameter creating: whether a missing file is created, empty, with mode 0660 less the umask.
  borrowing func open(
    _ file: RelativePath, access: Access, creating: Bool
  ) throws(MappedArrayError) -> OpenedFile {
    // O_NONBLOCK: opening a FIFO or a device must not wait.
    let flags = (access == .writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW
    while true {
      do {
        return try OpenedFile(openArrayFile(file, flags: flags), path: file, isNew: false)
      } catch .system(let error, _) where error.errno == .noSuchFileOrDirectory && creating {
        // Creating is a step of its own, so that a file that was made here can be told from one that was there.
      }
      do {
        return try OpenedFile(openArrayFile(file, flags: flags | O_CREAT | O_EXCL), path: file, isNew: true)
      } catch .system(let error, _) where error.errno == .fileExists {
        // Somebody else made it in between.
      }
    }
  }

  /// The file that the path names now, or nil if there is none.
  package borrowing func identity(of file: RelativePath) -> FileIdentity? { status(of: file)?.identity }

  /// What is known of what the path names now; of a symbolic link, if it is one.
  borrowing func status(of file: RelativePath) -> FileStatus? {
    guard let descriptor = try? openBeneath(file.path, flags: open_path_only | O_CLOEXEC | O_NOFOLLOW) else {
      return nil
    }
    return try? descriptor.status()
  }

  static let newFileMode: mode_t = 0o660

  /// Opens a file under a number that arrays may have. What was created is removed again on an error.
  private borrowing func openArrayFile(_ file: RelativePath, flags: Int32) throws(MappedArrayError) -> Descriptor {
    let descriptor = try openBeneath(file.path, flags: flags)
    do {
      return try descriptor.moved(least: minimumDescriptor)
    } catch {
      if flags & O_CREAT != 0 { remove(file) }
      throw .system(error, path: file.path.string)
    }
  }

  private static func resolved(_ path: FilePath) throws(SystemCallError) -> FilePath {
    // Into memory of ours: with RTLD_DEEPBIND, as Valkey loads modules, the C library may take what it allocates from
    // another allocator (the server's jemalloc) than the one that `free` gives it back to.
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { room throws(SystemCallError) in
      guard let resolved = path.withPlatformString({ realpath($0, room.baseAddress) }) else {
        throw SystemCallError(name: "realpath", errno: Errno(rawValue: errno))
      }
      return FilePath(platformString: resolved)
    }
  }
}
