import Glibc

/// Owns a shared mapping of a file from its first byte, and unmaps it.
///
/// The mapping is longer than the file: pages become valid as the file grows, so that growth needs no new mapping until
/// the file has doubled. Only bytes inside the file may be touched.
struct Mapping: ~Copyable {
  let base: UnsafeMutableRawPointer
  /// In bytes.
  let length: Int

  /// Address space that even an empty file gets, in bytes. It costs no memory.
  private static let smallestLength = 1 << 20

  /// Maps `descriptor` with room for twice `size` bytes; mmap(2).
  init(_ descriptor: borrowing Descriptor, size: Int, access: Access) throws(SystemCallError) {
    let (doubled, overflow) = size.multipliedReportingOverflow(by: 2)
    let length = overflow ? size : max(doubled, Mapping.smallestLength)
    let protection = access == .writable ? PROT_READ | PROT_WRITE : PROT_READ
    let file = descriptor.file.rawValue
    let address = try systemCall("mmap") {
      // MAP_FAILED is -1, which is how the helper recognises a failure.
      Int(bitPattern: mmap(nil, length, protection, MAP_SHARED | MAP_NORESERVE, file, 0))
    }
    guard let base = UnsafeMutableRawPointer(bitPattern: address) else {
      throw SystemCallError(name: "mmap", errno: .noMemory)
    }
    self.base = base
    self.length = length
  }

  /// How many of the pages that hold the first `size` bytes are in memory; mincore(2).
  func residentPages(upTo size: Int) -> Int {
    let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
    // A mebibyte of answers at most, whatever the size.
    var answers = [UInt8](repeating: 0, count: min(1 << 20, size / pageSize + 1))
    let step = answers.count * pageSize
    var resident = 0
    for start in stride(from: 0, to: size, by: step) {
      let count = (min(step, size - start) + pageSize - 1) / pageSize
      let result = try? systemCall("mincore") { mincore(base + start, count * pageSize, &answers) }
      guard result != nil else { return 0 }
      resident += answers[..<count].count { $0 & 1 == 1 }
    }
    return resident
  }

  deinit {
    _ = munmap(base, length)
  }
}
