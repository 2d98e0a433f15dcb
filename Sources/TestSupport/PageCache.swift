import Glibc

/// Which pages of a file the kernel has in memory.
public enum PageCache {
  /// Has the kernel forget a file's pages, which no process may have touched through a mapping.
  ///
  /// - Returns: whether it has.
  public static func drop(_ path: String) throws(ProcessError) -> Bool {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .lastError(path) }
    defer { close(file) }
    for _ in 0..<1000 {
      guard fsync(file) == 0 else { throw .lastError(path) }
      posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
      if try residentCount(file, path) == 0 { return true }
      usleep(1000)
    }
    return false
  }

  /// How many of a file's pages are in memory. To ask does not change it.
  public static func residentCount(_ path: String) throws(ProcessError) -> Int {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .lastError(path) }
    defer { close(file) }
    return try residentCount(file, path)
  }

  private static func residentCount(_ file: Int32, _ path: String) throws(ProcessError) -> Int {
    let size = Int(lseek(file, 0, SEEK_END))
    guard size > 0, let memory = mmap(nil, size, PROT_READ, MAP_SHARED, file, 0), memory != MAP_FAILED else {
      throw .lastError(path)
    }
    defer { munmap(memory, size) }
    var pages = [UInt8](repeating: 0, count: (size + 4095) / 4096)
    guard mincore(memory, size, &pages) == 0 else { throw .lastError(path) }
    return pages.count { $0 & 1 != 0 }
  }
}
