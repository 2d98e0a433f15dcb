import Glibc
import LiveServer
import SystemPackage

/// A file system of its own, in memory, that is unmounted in the end.
final class SmallDisk {
  private let directory: TemporaryDirectory

  /// - Parameters:
  ///   - type: `tmpfs`, or `ramfs`, which cannot reserve space.
  ///   - size: in bytes, if the type has a limit.
  init(type: String = "tmpfs", size: Int = 1 << 20) throws {
    directory = try TemporaryDirectory()
    try SmallDisk.run(["mount", "-t", type, "-o", "size=\(size)", type, directory.path])
  }

  deinit {
    try? SmallDisk.run(["umount", "-l", directory.path])
  }

  var path: String { directory.path }

  /// Whether this process may mount: not without root, nor in a container without that capability.
  static let isAvailable = (try? SmallDisk()) != nil

  private static func run(_ arguments: [String]) throws {
    let exit = try ChildProcess(arguments).wait(atMost: .seconds(20))
    guard exit == .code(0) else { throw ProcessError.ended(exit ?? .code(-1), output: "\(arguments)") }
  }

  /// Fills the disk with one file but for a number of pages.
  func fill(leaving pages: Int = 0) throws {
    let file = try FileDescriptor.open(
      FilePath(path + "/filler"), .readWrite, options: [.create, .append], permissions: .ownerReadWrite)
    try file.closeAfter {
      let page = [UInt8](repeating: 1, count: 4096)
      while let count = try? page.withUnsafeBytes({ try file.write($0) }), count > 0 {}
      let size = try file.seek(offset: 0, from: .end)
      try call { ftruncate(file.rawValue, Int(size) - pages * 4096) }
    }
  }

  /// Makes room again.
  func clear() throws {
    // Not by removing the file: a child that another test has just forked may hold it open.
    try call { truncate(path + "/filler", 0) }
  }
}
