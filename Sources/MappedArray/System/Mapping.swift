import CFaultGuard
import CPageHints
import Glibc

/// Owns a shared mapping of a file from its first byte.
///
/// The mapping is longer than the file: pages become valid as the file grows, so that growth needs no new mapping until
/// the file has doubled. Only bytes inside the file may be touched.
struct Mapping: ~Copyable {
  let base: UnsafeMutableRawPointer
  /// In bytes.
  let length: Int
  private let guarded: UnsafeMutablePointer<guarded_mapping>
  /// Who reads it on another thread keeps this too.
  let memory: MappedMemory

  /// Whether pages of the file could not be had, and zeros were read or written in their place: see `FaultGuard`.
  var hasFailed: Bool { fault_guard_has_failed(guarded) }

  /// Address space that even an empty file gets, in bytes. It costs no memory.
  private static let smallestLength = 1 << 20

  /// Maps `descriptor` with room for twice `size` bytes; mmap(2).
  init(_ descriptor: borrowing Descriptor, size: Int, access: Access) throws(SystemCallError) {
    let (doubled, overflow) = size.multipliedReportingOverflow(by: 2)
    let length = overflow ? size : max(doubled, Mapping.smallestLength)
    let protection = access == .writable ? PROT_READ | PROT_WRITE : PROT_READ
    func map(_ descriptor: borrowing Descriptor) throws(SystemCallError) -> Int {
      let file = descriptor.file.rawValue
      // MAP_FAILED is -1, which is how the helper recognises a failure.
      return try systemCall("mmap") {
        Int(bitPattern: mmap(nil, length, protection, MAP_SHARED | MAP_NORESERVE, file, 0))
      }
    }
    let address: Int
    // A mapping keeps its open file, with the lock, and forked children inherit it: it gets an open file of its own.
    if let own = try? descriptor.reopen(access) { address = try map(own) } else { address = try map(descriptor) }
    guard let base = UnsafeMutableRawPointer(bitPattern: address) else {
      throw SystemCallError(name: "mmap", errno: .noMemory)
    }
    guard let guarded = fault_guard_add(base, length) else {
      munmap(base, length)
      throw SystemCallError(name: "mmap", errno: .noMemory)
    }
    // Another mapping may have been there before.
    page_hints_expire()
    self.base = base
    self.length = length
    self.guarded = guarded
    memory = MappedMemory(base, length, guarded)
  }

  /// Reads a byte of each page of a range, up to the first that is gone, so that `hasFailed` is set then.
  func touch(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    for offset in stride(from: 0, to: bytes.count, by: 4096) where !hasFailed { fault_guard_touch(start + offset) }
    fault_guard_touch(start + bytes.count - 1)
  }
}

/// The memory of a mapping, which is unmapped when nobody refers to it any more.
final class MappedMemory: @unchecked Sendable {
  // None of it changes; what is in the memory does at any time, as other programs map the file too.
  private let base: UnsafeMutableRawPointer
  private let length: Int
  private let guarded: UnsafeMutablePointer<guarded_mapping>

  fileprivate init(
    _ base: UnsafeMutableRawPointer, _ length: Int, _ guarded: UnsafeMutablePointer<guarded_mapping>
  ) {
    self.base = base
    self.length = length
    self.guarded = guarded
  }

  var hasFailed: Bool { fault_guard_has_failed(guarded) }

  /// Has the kernel do for some bytes what a first store into each page has it do, without storing anything; madvise(2). It
  /// may wait for the disk. Where it cannot be done, by an old kernel or in a file that has been cut, nothing happens.
  func makeWritable(_ bytes: Range<Int>) {
    let bytes = bytes.clamped(to: 0..<length)
    var start = bytes.lowerBound & ~4095
    // What else changes the address space, as a fork does, waits for one call.
    while start < bytes.upperBound {
      let count = min(bytes.upperBound - start, MappedMemory.writableBytes)
      guard (try? systemCall("madvise", { madvise(base + start, count, MADV_POPULATE_WRITE) })) != nil else { return }
      start += count
    }
  }

  private static let writableBytes = 1 << 16

  deinit {
    fault_guard_remove(guarded)
    _ = munmap(base, length)
  }
}
