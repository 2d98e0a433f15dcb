import Glibc

/// A small file system of its own, unmounted and removed in the end.
public final class SmallDisk {
  /// What kind of file system it is.
  public enum Kind: String, CaseIterable, Sendable {
    case tmpfs
    /// Knows no limit, and cannot reserve space.
    case ramfs
    case ext4
    /// Knows holes, but cannot reserve space for them.
    case ext2

    /// Whether it can be full.
    public var isLimited: Bool { self != .ramfs }

    /// Whether this process may mount file systems of this kind: not without root, nor in a container without that
    /// capability.
    public var isAvailable: Bool { (try? SmallDisk(self)) != nil }
  }

  /// The directory that it is mounted on, as this process sees it.
  public let path: String
  private let directory: TemporaryDirectory
  /// Another program's file that takes up all space.
  private var ballast: String { path + "/ballast" }

  /// Makes and mounts a file system.
  ///
  /// - Parameter size: in bytes; ext4 and ext2 need 8 MiB.
  public init(_ kind: Kind = .tmpfs, size: Int = 8 << 20) throws(ProcessError) {
    directory = try TemporaryDirectory(in: Environment.sharedDirectory)
    path = directory.path + "/disk"
    guard mkdir(path, 0o777) == 0 else { throw .lastError(path) }
    let image = directory.path + "/image"
    switch kind {
    case .tmpfs: try Shell.run("mount -t tmpfs -o size=\(size) tmpfs \(path)")
    case .ramfs: try Shell.run("mount -t ramfs ramfs \(path)")
    case .ext4: try Self.makeImage(image, size, "mkfs.ext4 -q -m 0 -O ^has_journal", mountedOn: path)
    case .ext2: try Self.makeImage(image, size, "mkfs.ext2 -q -m 0", mountedOn: path)
    }
  }

  deinit {
    try? Shell.run("umount --lazy \(path)")
  }

  private static func makeImage(
    _ image: String, _ size: Int, _ command: String, mountedOn path: String
  ) throws(ProcessError) {
    try Shell.run("truncate -s \(size) \(image) && \(command) \(image) && mount -o loop \(image) \(path)")
  }

  /// The directory as a server sees it, which may run in a directory of its own.
  public var innerPath: String { Environment.innerPath(path) }

  /// Takes up all space but for a number of pages.
  public func fill(leaving pages: Int = 0) throws(ProcessError) {
    let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .lastError(ballast) }
    defer { close(file) }
    for size in [1 << 16, 1 << 12, 1] {
      let bytes = [UInt8](repeating: 1, count: size)
      while write(file, bytes, size) > 0 {}
    }
    let size = lseek(file, 0, SEEK_END)
    guard size >= pages << 12, ftruncate(file, size - pages << 12) == 0, fsync(file) == 0 else {
      throw .lastError(ballast)
    }
  }

  /// Gives the space back.
  public func clear() throws(ProcessError) {
    // Not by removing the file: a child that another test has just forked may hold it open.
    guard truncate(ballast, 0) == 0 else { throw .lastError(ballast) }
  }
}
