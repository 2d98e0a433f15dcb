import DecimalText
import Synchronization

// How the count gets into the header.
extension MappedFile {
  /// Makes `newCount` the count, in the file's header and here. The elements must be written.
  ///
  /// At every instant the file holds a whole, valid header: where the number of digits stays the same they are
  /// overwritten by one store of eight bytes, which a kill cannot divide; otherwise by one pwrite inside a page, which
  /// the kernel finishes once it has begun.
  mutating func publish(_ newCount: Int) throws(MappedArrayError) {
    try checkFault()
    // Another program that sees the count must see the elements.
    atomicMemoryFence(ordering: .releasing)
    if rowSize > 0, !isRaw {
      if let (bytes, offset) = lastDigits(rows: rows(newCount)) {
        mapping.base.storeBytes(of: bytes.littleEndian, toByteOffset: offset, as: UInt64.self)
      } else {
        try rewriteHeader(rows: rows(newCount))
      }
    }
    try checkFault()
    count = newCount
  }

  /// A count of elements in rows, of which there must be some. Nearly always elements are rows, and division is slow.
  private func rows(_ count: Int) -> Int { rowSize == 1 ? count : count / rowSize }

  /// The eight bytes of the header that end in the digits of its number of rows, with another number, and where they
  /// begin; nil if that has more or fewer digits, or differs in others than the last eight.
  private func lastDigits(rows newRows: Int) -> (bytes: UInt64, offset: Int)? {
    guard let digits = header?.rowDigits, digits.upperBound >= 8 else { return nil }
    let (newUpper, newLower) = newRows.quotientAndRemainder(dividingBy: 100_000_000)
    let newBytes = DigitBytes.eight(UInt64(newLower))
    let offset = digits.upperBound - 8
    guard digits.count <= 8 else {
      let isUpperEqual = newUpper == rows(count) / 100_000_000
      return isUpperEqual ? (newBytes | DigitBytes.asciiZeros, offset) : nil
    }
    let newDigitCount = max(1, 8 - newBytes.trailingZeroBitCount / 8)
    guard newUpper == 0, newDigitCount == digits.count else { return nil }
    // The first byte is the lowest: what stands before the digits is kept.
    let kept: UInt64 = (1 << UInt64(64 - 8 * digits.count)) - 1
    let oldBytes = mapping.base.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
    return (oldBytes & kept | (newBytes | DigitBytes.asciiZeros) & ~kept, offset)
  }

  /// Makes sure that `publish` will find room for a count, so that nothing is changed in vain.
  func checkHeaderHolds(_ newCount: Int) throws(MappedArrayError) {
    guard let header, rowSize > 0, lastDigits(rows: rows(newCount)) == nil else { return }
    _ = try rewriting(header, rows: rows(newCount))
  }

  private mutating func rewriteHeader(rows: Int) throws(MappedArrayError) {
    guard let header else { return }
    let (new, bytes, offset) = try rewriting(header, rows: rows)
    // If the header is gone, nothing is to be written in its place.
    try checkFault()
    try onFile { () throws(SystemCallError) in
      try bytes.span.withUnsafeBytes { (bytes) throws(SystemCallError) in try descriptor.write(bytes, at: offset) }
    }
    self.header = new
  }

  /// The header with another number of rows, the bytes in which it differs from the file's, and where they begin.
  private func rewriting(
    _ header: NPYHeader, rows: Int
  ) throws(MappedArrayError) -> (header: NPYHeader, bytes: [UInt8], offset: Int) {
    guard let new = header.with(rows: rows) else { throw .headerFull }
    let bytes = new.bytes
    func differs(_ index: Int) -> Bool { mapping.base.load(fromByteOffset: index, as: UInt8.self) != bytes[index] }
    guard let first = bytes.indices.first(where: differs), let last = bytes.indices.last(where: differs) else {
      return (new, [], 0)
    }
    // Across a page's border a kill could leave a half. The text of these types never reaches one, unless a stranger
    // wrote it with thousands of spaces.
    guard first / pageSize == last / pageSize else { throw .headerFull }
    return (new, Array(bytes[first...last]), first)
  }
}

/// The smallest page of any Linux system: what lies within one of these lies within a page.
private let pageSize = 4096
