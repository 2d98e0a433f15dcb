import CSystemCalls
import Glibc
import SystemPackage

/// The directory that all files live under. Nothing outside it can be reached through it.
package struct Root: ~Copyable {
  private let descriptor: Descriptor
  /// The absolute path, without symbolic links.
  package let path: FilePath
  /// Whether `openat2` is not even tried, as if the kernel lacked it.
  private let walks: Bool
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

  /// Makes a staged file, and the directory for those. It is locked as long as it is open.
  borrowing func openStaged(_ path: RelativePath) throws(MappedArrayError) -> OpenedFile {
    try makeDirectories(above: path)
    let file = try open(path, access: .writable, creating: true)
    guard file.isNew, try file.onFile({ (descriptor) throws(SystemCallError) in try descriptor.tryLock() }) else {
      throw .locked(path: path.path.string)
    }
    return file
  }

  /// Gives a file another name, replacing one that has it; missing directories are made. The change is atomic for
  /// whoever opens that name; renameat(2).
  package borrowing func rename(_ file: RelativePath, to new: RelativePath) throws(MappedArrayError) {
    try makeDirectories(above: new)
    guard let oldName = file.path.lastComponent, let newName = new.path.lastComponent else { throw .path(.empty) }
    let oldParent = try openDirectory(file.path.removingLastComponent())
    let newParent = try openDirectory(new.path.removingLastComponent())
    do throws(SystemCallError) {
      try systemCall("renameat") {
        oldName.withPlatformString { old in
          newName.withPlatformString { renameat(oldParent.file.rawValue, old, newParent.file.rawValue, $0) }
        }
      }
    } catch {
      throw .system(error, path: new.path.string)
    }
  }

  private borrowing func makeDirectories(above file: RelativePath) throws(MappedArrayError) {
    var directory = FilePath()
    for component in file.path.components.dropLast() {
      let parent = try openDirectory(directory)
      directory.append(component)
      do throws(SystemCallError) {
        try systemCall("mkdirat") { component.withPlatformString { mkdirat(parent.file.rawValue, $0, 0o770) } }
      } catch {
        guard error.errno == .fileExists else { throw .system(error, path: directory.string) }
      }
    }
  }

  /// Lets a staged file take the place of the file that has the name now. The change is atomic for whoever opens that name.
  ///
  /// - Parameters:
  ///   - staged: the staged file.
  ///   - file: the name.
  ///   - isOwn: whether a file is one that this process has locked.
  /// - Throws: `.locked` if another process writes the file that is there.
  package borrowing func install(
    _ staged: RelativePath, at file: RelativePath, isOwn: (FileIdentity) -> Bool
  ) throws(MappedArrayError) {
    let lock = try lock(file, isOwn: isOwn)
    try rename(staged, to: file)
    _ = consume lock
  }

  /// Gives a file a new name beside its old one that nobody has.
  ///
  /// - Returns: the new name; nil if there is no such file.
  /// - Throws: `.locked` if somebody writes the file, this process or another; `.path(.notRegularFile)` for a directory,
  ///   which has files of others.
  package borrowing func setAside(_ file: RelativePath) throws(MappedArrayError) -> RelativePath? {
    let lock = try lock(file) { _ in false }
    defer { _ = lock }
    guard let status = status(of: file) else { return nil }
    guard !status.isDirectory else { throw .path(.notRegularFile) }
    var number = 1
    while identity(of: file.appending(".aside-\(number)")) != nil { number += 1 }
    let aside = file.appending(".aside-\(number)")
    try rename(file, to: aside)
    return aside
  }

  /// Whether a lock on the file that has a name could be had, so that another may take its place.
  package borrowing func canReplace(_ file: RelativePath, isOwn: (FileIdentity) -> Bool) -> Bool {
    do {
      _ = try lock(file, isOwn: isOwn)
      return true
    } catch {
      return false
    }
  }

  /// Locks the file that has a name now, for as long as the result lives: nobody who writes it loses it then.
  private borrowing func lock(
    _ file: RelativePath, isOwn: (FileIdentity) -> Bool
  ) throws(MappedArrayError) -> FileLock {
    while true {
      let descriptor: Descriptor
      do {
        // Enough for flock(2), and it waits for nobody.
        descriptor = try openBeneath(file.path, flags: O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)
      } catch {
        switch error {
        case .system(let error, _) where error.errno == .noSuchFileOrDirectory: return FileLock()
        // Nobody maps it.
        case .path(.notRegularFile): return FileLock()
        case .system(let error, _) where error.errno == .tooManySymbolicLinkLevels: return FileLock()
        default: throw error
        }
      }
      let (identity, isLocked) = try Root.lock(descriptor, path: file, isOwn: isOwn)
      guard let identity else { return FileLock() }
      guard isLocked else { throw .locked(path: file.path.string) }
      // It may have got another name before it was locked.
      if self.identity(of: file) == identity { return FileLock(descriptor) }
    }
  }

  /// - Returns: no identity if it is nothing to be locked.
  private static func lock(
    _ descriptor: borrowing Descriptor, path: RelativePath, isOwn: (FileIdentity) -> Bool
  ) throws(MappedArrayError) -> (FileIdentity?, isLocked: Bool) {
    do {
      let status = try descriptor.status()
      guard status.isRegularFile, !isOwn(status.identity) else { return (nil, false) }
      return (status.identity, try descriptor.tryLock())
    } catch {
      throw .system(error, path: path.path.string)
    }
  }

  /// What `setNote` has noted; nil if that is nothing.
  package borrowing func note(_ name: StaticString) -> [UInt8]? {
    guard let file = try? open(RelativePath(note: name), access: .readOnly, creating: false) else { return nil }
    return try? file.descriptor.bytes(count: min(file.status.size, Root.mostNoteBytes), path: file.path)
  }

  /// Notes something on the disk that outlives the process, in place of what was noted under that name. Whoever reads it
  /// at any instant gets the one or the other.
  package borrowing func setNote(_ name: StaticString, _ bytes: [UInt8]) throws(MappedArrayError) {
    var file = try StagedFile(in: self)
    try bytes.span.withUnsafeBytes { (bytes) throws(MappedArrayError) in try file.append(bytes) }
    try rename(file.path, to: RelativePath(note: name))
  }

  private static let mostNoteBytes = 4096

  /// Removes staged files that a killed server has left: those that nobody has locked.
  package borrowing func removeAbandonedFiles() {
    guard let directory = try? openDirectory(FilePath(root: nil, [StagedFile.directory])),
      let stream = fdopendir(openat(directory.file.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      // Notes stay.
      guard name.hasPrefix(StagedFile.prefix) || name.first?.isNumber == true || name == "unfinished" else { continue }
      let path = RelativePath(staged: name)
      guard let file = try? open(path, access: .writable, creating: false), (try? file.descriptor.tryLock()) == true
      else { continue }
      remove(path)
    }
  }

  /// Removes a file that was made by `open` and could not be used.
  package borrowing func remove(_ file: RelativePath) {
    guard let parent = try? openDirectory(file.path.removingLastComponent()), let name = file.path.lastComponent else {
      return
    }
    _ = FilePath(root: nil, [name]).withPlatformString { unlinkat(parent.file.rawValue, $0, 0) }
  }

  /// The file that the path names now, or nil if there is none.
  package borrowing func identity(of file: RelativePath) -> FileIdentity? { status(of: file)?.identity }

  /// What is known of what the path names now; of a symbolic link, if it is one.
  private borrowing func status(of file: RelativePath) -> FileStatus? {
    guard let descriptor = try? openBeneath(file.path, flags: open_path_only | O_CLOEXEC | O_NOFOLLOW) else {
      return nil
    }
    return try? descriptor.status()
  }

  private static let newFileMode: mode_t = 0o660

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

  private borrowing func openBeneath(_ path: FilePath, flags: Int32) throws(MappedArrayError) -> Descriptor {
    let mode = flags & O_CREAT == 0 ? 0 : Root.newFileMode
    if !walks, let descriptor = try openAtOnce(path, flags: flags, mode: mode) { return descriptor }
    guard let name = path.lastComponent else { throw .path(.empty) }
    let parent = try openDirectory(path.removingLastComponent())
    return try Root.openChild(name, of: parent, flags: flags | O_NOFOLLOW, mode: mode)
  }

  /// Opens the file by one call of `openat2`; nil if there is no such call.
  private borrowing func openAtOnce(
    _ path: FilePath, flags: Int32, mode: mode_t
  ) throws(MappedArrayError) -> Descriptor? {
    do {
      return Descriptor(
        owning: try systemCall("openat2") {
          path.withPlatformString { open_beneath(descriptor.file.rawValue, $0, flags, mode) }
        })
    } catch {
      // Before Linux 5.6, and under seccomp filters that do not know the call.
      guard error.errno == .noFunction || error.errno == .notPermitted else { throw Root.refusal(error, path) }
      return nil
    }
  }

  /// Walks down one component at a time, following no link; what `openat2` does in one call.
  private borrowing func openDirectory(_ path: FilePath) throws(MappedArrayError) -> Descriptor {
    let flags = open_path_only | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    var directory = try Root.openChild(".", of: descriptor, flags: flags, mode: 0)
    for component in path.components {
      directory = try Root.openChild(component, of: directory, flags: flags, mode: 0)
    }
    return directory
  }

  private static func openChild(
    _ name: FilePath.Component, of parent: borrowing Descriptor, flags: Int32, mode: mode_t
  ) throws(MappedArrayError) -> Descriptor {
    let path = FilePath(root: nil, [name])
    let directory = parent.file.rawValue
    do {
      return Descriptor(
        owning: try systemCall("openat") { path.withPlatformString { openat(directory, $0, flags, mode) } })
    } catch {
      throw refusal(error, path)
    }
  }

  /// Why a file cannot be opened. A directory cannot be for writing, nor a socket at all: they say so in words of their own.
  private static func refusal(_ error: SystemCallError, _ path: FilePath) -> MappedArrayError {
    switch error.errno {
    case .isDirectory, .noSuchAddressOrDevice: .path(.notRegularFile)
    default: .system(error, path: path.string)
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

/// A lock on a file, or on nothing where there is none to be had.
private struct FileLock: ~Copyable {
  private let descriptor: Descriptor?

  init() { descriptor = nil }
  init(_ descriptor: consuming Descriptor) { self.descriptor = consume descriptor }
}

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
