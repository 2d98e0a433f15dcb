import CSystemCalls
import Glibc
import SystemPackage

// How files are opened so that nothing leads outside the root.
extension Root {
  borrowing func openBeneath(_ path: FilePath, flags: Int32) throws(MappedArrayError) -> Descriptor {
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
  borrowing func openDirectory(_ path: FilePath) throws(MappedArrayError) -> Descriptor {
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
}
