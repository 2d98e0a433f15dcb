import Glibc
import LiveServer

/// A small file system of its own, unmounted and removed in the end.
final class SmallDisk {
  enum Kind: String, CaseIterable, Sendable {
    case tmpfs, ext4
    /// Knows holes, but cannot reserve space for them.
    case ext2
  }

  /// The directory that it is mounted on, as this process sees it.
  let path: String
  private let directory: TemporaryDirectory
  /// Another program's file that takes up all space.
  private var ballast: String { path + "/ballast" }

  private static let size = "8M"

  init(_ kind: Kind) throws {
    directory = try TemporaryDirectory(in: Environment.sharedDirectory)
    path = directory.path + "/disk"
    try Shell.run("mkdir \(path)")
    switch kind {
    case .tmpfs: try Shell.run("mount -t tmpfs -o size=\(SmallDisk.size) tmpfs \(path)")
    case .ext4: try makeImage("mkfs.ext4 -q -m 0 -O ^has_journal")
    case .ext2: try makeImage("mkfs.ext2 -q -m 0")
    }
  }

  deinit {
    try? Shell.run("umount --lazy \(path)")
  }

  private func makeImage(_ command: String) throws {
    let image = directory.path + "/image"
    try Shell.run("truncate -s \(SmallDisk.size) \(image) && \(command) \(image) && mount -o loop \(image) \(path)")
  }

  /// Whether this process may mount file systems of that kind.
  static func isAvailable(_ kind: Kind) -> Bool { (try? SmallDisk(kind)) != nil }

  /// The directory as a server sees it, which may run in a directory of its own.
  var innerPath: String { Environment.innerPath(path) }

  /// Takes up all space.
  func fill() {
    let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    defer { close(file) }
    for size in [1 << 16, 1] {
      let zeros = [UInt8](repeating: 0, count: size)
      while write(file, zeros, size) > 0 {}
    }
    fsync(file)
  }

  /// Gives the space back.
  func empty() { unlink(ballast) }
}
