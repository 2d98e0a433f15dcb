import Glibc
import SystemPackage

// What becomes of files' names: nobody who writes a file loses it by that.
extension Root {
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

  borrowing func makeDirectories(above file: RelativePath) throws(MappedArrayError) {
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
    while identity(of: file.marked(".aside-", "\(number)")) != nil { number += 1 }
    let aside = file.marked(".aside-", "\(number)")
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

  /// Removes a file that was made by `open` and could not be used.
  package borrowing func remove(_ file: RelativePath) {
    guard let parent = try? openDirectory(file.path.removingLastComponent()), let name = file.path.lastComponent else {
      return
    }
    _ = FilePath(root: nil, [name]).withPlatformString { unlinkat(parent.file.rawValue, $0, 0) }
  }
}

/// A lock on a file, or on nothing where there is none to be had.
private struct FileLock: ~Copyable {
  private let descriptor: Descriptor?

  init() { descriptor = nil }
  init(_ descriptor: consuming Descriptor) { self.descriptor = consume descriptor }
}
