import Foundation
import Histogram
import LiveServer
import Synchronization

/// What the disk has of a file, read with `pread` past the kernel's memory: as fast as programs of one thread, or of
/// several, can have it.
struct Disk {
  enum Order {
    /// A page of the file each, anywhere.
    case random
    /// One piece after the other, each thread the next one, from the beginning again behind the last.
    case sequential
  }

  private let path: String
  private let size: Int

  private static let page = 4096
  /// Read at once where reading is sequential.
  static let piece = 1 << 20

  /// Writes a file that goes to the disk, and of which nothing is left in memory.
  ///
  /// - Parameters:
  ///   - contents: repeated until the file is that large.
  ///   - size: in bytes, a multiple of that of `contents`.
  /// - Throws: `BenchmarkError.noDisk` where the file system has no disk behind it, or the kernel keeps pages.
  init(writing contents: [UInt8], size: Int, to path: String) throws {
    (self.path, self.size) = (path, size)
    let file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Self.failure(path) }
    defer { close(file) }
    for _ in stride(from: 0, to: size, by: contents.count) {
      guard contents.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == contents.count else {
        throw Self.failure(path)
      }
    }
    if let mount = Mount.holding(try Files.absolute(path)), ["tmpfs", "ramfs"].contains(mount.kind) {
      throw BenchmarkError.noDisk("\(path) is on a file system in memory; name another directory with TMPDIR")
    }
    close(try Self.openDirectly(path))
    guard fsync(file) == 0 else { throw Self.failure(path) }
    for _ in 0..<200 {
      posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
      if try residentPages(file) == 0 { return }
      usleep(10_000)
    }
    throw BenchmarkError.noDisk("the kernel keeps pages of \(path)")
  }

  private func residentPages(_ file: Int32) throws -> Int {
    guard let memory = mmap(nil, size, PROT_READ, MAP_SHARED, file, 0), memory != MAP_FAILED else {
      throw Self.failure(path)
    }
    defer { munmap(memory, size) }
    var pages = [UInt8](repeating: 0, count: (size + Self.page - 1) / Self.page)
    guard mincore(memory, size, &pages) == 0 else { throw Self.failure(path) }
    return pages.count { $0 & 1 != 0 }
  }

  /// Reads for so long, with so many threads. Each `pread` is a request.
  func sample(_ order: Order, threads: Int, for duration: Duration) throws -> Sample {
    let readers = try (0..<threads).map { _ in try Reader(path, order == .random ? Self.page : Self.piece) }
    let next = Atomic(Int.random(in: 0..<max(1, size / Self.piece)))
    let clock = ContinuousClock()
    let start = clock.now
    try Threads.run(
      readers.map { reader in
        {
          try reader.read(until: start + duration) {
            switch order {
            case .random: Int.random(in: 0..<size / Self.page) * Self.page
            case .sequential:
              next.wrappingAdd(1, ordering: .relaxed).oldValue % max(1, size / Self.piece) * Self.piece
            }
          }
        }
      })
    var latencies = Latencies.none
    for reader in readers { latencies.add(reader.latencies) }
    return Sample(
      requests: readers.reduce(0) { $0 + $1.count }, duration: clock.now - start, serverTime: .zero,
      latencies: latencies)
  }

  /// Linux's, which Swift does not import.
  #if arch(arm64)
    private static let direct: Int32 = 0o200000
  #else
    private static let direct: Int32 = 0o40000
  #endif

  fileprivate static func openDirectly(_ path: String) throws -> Int32 {
    let file = open(path, O_RDONLY | direct | O_CLOEXEC)
    guard file >= 0 else { throw failure(path) }
    return file
  }

  fileprivate static func failure(_ path: String) -> BenchmarkError {
    .noDisk("\(path): \(String(cString: strerror(errno)))")
  }
}

/// One thread's part.
///
/// Sendable: its thread has it for itself until it ends.
private final class Reader: @unchecked Sendable {
  private let path: String
  private let file: Int32
  /// In memory as O_DIRECT wants it: whole pages.
  private let buffer: UnsafeMutableRawBufferPointer
  private(set) var count = 0
  private(set) var latencies = Latencies.none

  init(_ path: String, _ size: Int) throws {
    self.path = path
    file = try Disk.openDirectly(path)
    buffer = .allocate(byteCount: size, alignment: 4096)
  }

  deinit {
    close(file)
    buffer.deallocate()
  }

  func read(until end: ContinuousClock.Instant, offset: () -> Int) throws {
    let clock = ContinuousClock()
    var start = clock.now
    repeat {
      guard pread(file, buffer.baseAddress, buffer.count, offset()) == buffer.count else { throw Disk.failure(path) }
      count += 1
      let now = clock.now
      latencies.record(UInt64(min((now - start) / .nanoseconds(1), 59e9)))
      start = now
    } while start < end
  }
}
