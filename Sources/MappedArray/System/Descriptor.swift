import CFileLocks
import CSystemCalls
import Glibc
import SystemPackage

/// Owns an open file descriptor and closes it.
struct Descriptor: ~Copyable {
  let file: FileDescriptor

  init(owning rawValue: Int32) {
    file = FileDescriptor(rawValue: rawValue)
  }

  deinit {
    unlock()
    // close(2): the descriptor is gone whatever it returns, and there is nobody to hear.
    _ = Glibc.close(file.rawValue)
  }

  /// fstat(2).
  func status() throws(SystemCallError) -> FileStatus {
    var status = stat()
    try systemCall("fstat") { fstat(file.rawValue, &status) }
    return FileStatus(status)
  }

  /// The file's size in bytes; lseek(2) with SEEK_END, which costs half of what fstat(2) does. Nobody uses the file's
  /// position.
  func size() throws(SystemCallError) -> Int {
    Int(try systemCall("lseek") { lseek(file.rawValue, 0, SEEK_END) })
  }

  /// Reads up to `buffer.count` bytes at `offset`, fewer only at the end of the file; pread(2).
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemCallError) -> Int {
    var done = 0
    while done < buffer.count, let base = buffer.baseAddress {
      let count = try systemCall("pread") {
        pread(file.rawValue, base + done, buffer.count - done, off_t(offset + done))
      }
      guard count > 0 else { break }
      done += count
    }
    return done
  }

  /// Writes all of `bytes` at `offset`; pwrite(2). On an error some may have been written.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemCallError) {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      done += try systemCall("pwrite") { pwrite(file.rawValue, base + done, bytes.count - done, off_t(offset + done)) }
    }
  }

  /// Flushes what was written, through mappings too; fdatasync(2).
  func synchronize() throws(SystemCallError) {
    try systemCall("fdatasync") { fdatasync(file.rawValue) }
  }

  /// Another open file for the same file, without the lock; open(2) of what proc(5) shows.
  func reopen(_ access: Access) throws(SystemCallError) -> Descriptor {
    let flags = (access == .writable ? O_RDWR : O_RDONLY) | O_CLOEXEC
    return Descriptor(owning: try systemCall("open") { open("/proc/self/fd/\(file.rawValue)", flags) })
  }

  /// A descriptor of the same open file with no smaller number, which the caller closes; fcntl(2).
  func duplicate() throws(SystemCallError) -> Int32 {
    try systemCall("fcntl") { fcntl(file.rawValue, F_DUPFD_CLOEXEC, file.rawValue) }
  }

  /// The same open file under a number of `least` or more; fcntl(2).
  consuming func moved(least: Int32) throws(SystemCallError) -> Descriptor {
    guard file.rawValue < least else { return self }
    return Descriptor(owning: try systemCall("fcntl") { fcntl(file.rawValue, F_DUPFD_CLOEXEC, least) })
  }

  /// Sets the file's size; ftruncate(2).
  func truncate(to size: Int) throws(SystemCallError) {
    try systemCall("ftruncate") { ftruncate(file.rawValue, off_t(size)) }
  }

  /// Reserves disk space for `range`, extending the file with zeros where it ends before; fallocate(2). Where the file
  /// system has no such call, zeros are written over the whole range: it must hold no elements.
  func allocate(_ range: Range<Int>) throws(SystemCallError) {
    if try !reserve(range, keepingSize: false) { try writeZeros(range) }
  }

  /// Reserves disk space for `range`, as far as it lies in the file, and keeps what is in it; fallocate(2). Where the file
  /// system has no such call, zeros are written where it knows of holes.
  func fillHoles(in range: Range<Int>) throws(SystemCallError) {
    guard !range.isEmpty, try !reserve(range, keepingSize: true) else { return }
    // Another program may have cut the file.
    var rest = range.clamped(to: 0..<(try status().size))
    while !rest.isEmpty, case let start = try firstHole(from: rest.lowerBound), rest.contains(start) {
      let end = min(try firstData(from: start), rest.upperBound)
      try writeZeros(start..<end)
      rest = end..<rest.upperBound
    }
  }

  /// False where the file system has no such call.
  private func reserve(_ range: Range<Int>, keepingSize: Bool) throws(SystemCallError) -> Bool {
    do throws(SystemCallError) {
      try systemCall("fallocate") {
        allocate_space(file.rawValue, keepingSize ? 1 : 0, Int64(range.lowerBound), Int64(range.count))
      }
      return true
    } catch {
      guard error.errno == .notSupported else { throw error }
      return false
    }
  }

  private func writeZeros(_ range: Range<Int>) throws(SystemCallError) {
    let zeros = [UInt8](repeating: 0, count: min(range.count, 1 << 16))
    var offset = range.lowerBound
    while offset < range.upperBound {
      let count = min(zeros.count, range.upperBound - offset)
      try zeros.span.withUnsafeBytes { (bytes) throws(SystemCallError) in
        try write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: offset)
      }
      offset += count
    }
  }

  /// The first hole at or after `offset`, or the end of the file, or `offset` behind that; lseek(2) with SEEK_HOLE. File
  /// systems that know no holes return the end.
  func firstHole(from offset: Int) throws(SystemCallError) -> Int {
    try seek(seek_hole, from: offset) ?? offset
  }

  /// The first data at or after `offset`, or no end; lseek(2) with SEEK_DATA.
  private func firstData(from offset: Int) throws(SystemCallError) -> Int {
    try seek(seek_data, from: offset) ?? .max
  }

  private func seek(_ kind: Int32, from offset: Int) throws(SystemCallError) -> Int? {
    do throws(SystemCallError) {
      return Int(try systemCall("lseek") { lseek(file.rawValue, off_t(offset), kind) })
    } catch {
      // Nothing of that kind is there.
      guard error.errno == .noSuchAddressOrDevice else { throw error }
      return nil
    }
  }

  /// Where the data begins that is at or after `offset`; `Int.max` if there is none, `offset` if the file system does not
  /// know.
  func nextData(from offset: Int) -> Int {
    do throws(SystemCallError) {
      return try firstData(from: offset)
    } catch {
      return offset
    }
  }

  /// Whether the page at `offset` is in memory, or behind the end of the file; nil if the file system cannot tell. If it is
  /// not, the kernel may have begun to read it; preadv2(2) with RWF_NOWAIT, which tells the truth where mincore(2) does
  /// only owners of the file.
  func isInMemory(at offset: Int) -> Bool? {
    switch read_without_waiting(file.rawValue, Int64(offset)) {
    case 0: true
    case EAGAIN: false
    default: nil
    }
  }

  /// Has the kernel read no more than what is asked for; posix_fadvise(2).
  func expectRandomReads() { _ = posix_fadvise(file.rawValue, 0, 0, POSIX_FADV_RANDOM) }

  /// Has the kernel begin to read a part of the file; posix_fadvise(2).
  func readAhead(_ range: Range<Int>) {
    _ = posix_fadvise(file.rawValue, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_WILLNEED)
  }

  /// Takes the exclusive lock of this open file without waiting; flock(2). A forked child does not share it.
  ///
  /// - Returns: whether it was free.
  func tryLock() throws(SystemCallError) -> Bool {
    do {
      try systemCall("flock") { file_lock_take(file.rawValue) }
      return true
    } catch {
      guard error.errno == .wouldBlock else { throw error }
      return false
    }
  }

  /// Gives the lock back, if there is one, whatever other descriptors stand for this open file; flock(2).
  func unlock() { file_lock_give(file.rawValue) }
}

/// What fstat(2) returns, as far as it is needed.
struct FileStatus {
  let identity: FileIdentity
  /// In bytes.
  let size: Int
  let isRegularFile: Bool
  let isDirectory: Bool

  init(_ status: stat) {
    identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    size = Int(status.st_size)
    isRegularFile = status.st_mode & S_IFMT == S_IFREG
    isDirectory = status.st_mode & S_IFMT == S_IFDIR
  }
}

/// Identifies a file, whatever paths name it.
package struct FileIdentity: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64
}
