import CPageHints

// Which parts of the file are in memory.
extension MappedFile {
  /// Whether the last byte of an element is known to have been in memory lately. False where there is no such element.
  ///
  /// - Complexity: O(1), a few instructions.
  @inlinable
  @inline(__always)
  package func isKnownInMemory(_ index: Int, elementSize: Int) -> Bool {
    page_hints_have(UInt(bitPattern: elements) &+ UInt(bitPattern: index &* elementSize &+ elementSize &- 1))
  }

  /// Adds those parts of a range of elements, cut to those there are, that must be read from the disk before they can be
  /// used: whole pages, in bytes of the file. What has been asked about and need not be read is known to be in memory from
  /// then on.
  ///
  /// The kernel begins to read what it is asked about.
  ///
  /// - Complexity: O(n) in the pages of the range, and a system call for each that is not known to be in memory.
  package mutating func addMissing(_ range: Range<Int>, to missing: inout [Range<Int>]) {
    let range = range.clamped(to: 0..<count)
    guard !range.isEmpty else { return }
    addMissing(
      bytes: dataOffset + range.lowerBound * elementSize..<dataOffset + range.upperBound * elementSize, to: &missing)
  }

  /// Adds those pages of an element, by their offsets in the file, that are not known to be in memory. Asks nobody. Nothing
  /// where there is no such element.
  package func addUnknown(_ index: Int, to unknown: inout [Int]) {
    guard index >= 0, index < count else { return }
    let start = dataOffset + index * elementSize
    let pageSize = 1 << Int(PAGE_HINT_SHIFT)
    for page in stride(from: start & ~(pageSize - 1), to: min(start + elementSize, mapping.length), by: pageSize)
    where !page_hints_have(UInt(bitPattern: mapping.base + page)) {
      unknown.append(page)
    }
  }

  /// Adds what must be read before elements can be added at the end: the page of the last one, and that of the count.
  package mutating func addMissingEnd(to missing: inout [Range<Int>]) {
    addMissing(max(count - 1, 0)..<count, to: &missing)
    if !isRaw { addMissing(bytes: 0..<dataOffset, to: &missing) }
  }

  /// Whether the end is known to be in memory.
  package var isEndKnownInMemory: Bool {
    isKnownInMemory(count &- 1, elementSize: elementSize)
      && (isRaw || page_hints_have(UInt(bitPattern: mapping.base)))
  }

  /// The bytes of the file that must be read before a range of elements can be used, if any of its pages is missing of which
  /// some are asked about; nil if none is.
  package mutating func missingSample(of range: Range<Int>) -> Range<Int>? {
    let range = range.clamped(to: 0..<count)
    let bytes = dataOffset + range.lowerBound * elementSize..<dataOffset + range.upperBound * elementSize
    var missing: [Range<Int>] = []
    for start in stride(from: bytes.lowerBound, to: bytes.upperBound, by: 1 << 16) {
      addMissing(bytes: start..<start + 1, to: &missing)
      if !missing.isEmpty { return bytes }
    }
    return nil
  }

  /// What makes the pages of a range of elements ready to be stored into; nil if the file cannot be written.
  package func preparation(of range: Range<Int>) -> StorePreparation? {
    guard access == .writable else { return nil }
    let range = range.clamped(to: 0..<count)
    return StorePreparation(
      memory: mapping.memory,
      bytes: dataOffset + range.lowerBound * elementSize..<dataOffset + range.upperBound * elementSize)
  }

  /// Has the kernel begin to read a part of the file, in bytes.
  package func readAhead(_ part: Range<Int>) { descriptor.readAhead(part) }

  private mutating func addMissing(bytes: Range<Int>, to missing: inout [Range<Int>]) {
    let pageSize = 1 << Int(PAGE_HINT_SHIFT)
    var start = bytes.lowerBound & ~(pageSize - 1)
    let end = min(bytes.upperBound, mapping.length)
    while start < end {
      let address = UInt(bitPattern: mapping.base + start)
      let next = start + pageSize
      defer { start = max(start, next) }
      if page_hints_have(address) || missing.last?.contains(start) == true { continue }
      switch isResidencyUnknown ? true : descriptor.isInMemory(at: start) {
      case true?: page_hints_add(address)
      case nil:
        isResidencyUnknown = true
        page_hints_add(address)
      case false?:
        let data = descriptor.nextData(from: start)
        if data >= next {
          // A hole is no page of the disk, up to the next one that is.
          page_hints_add(address)
          start = min(data, end) & ~(pageSize - 1)
        } else if missing.last?.upperBound == start {
          missing[missing.count - 1] = missing[missing.count - 1].lowerBound..<next
        } else {
          missing.append(start..<next)
        }
      }
    }
  }
}

/// Makes pages of a file ready to be stored into.
package struct StorePreparation: Sendable {
  fileprivate let memory: MappedMemory
  fileprivate let bytes: Range<Int>

  /// The first store into a page may wait for the disk and for the file system's journal: this waits in its place. Nothing
  /// is changed, and what cannot be made ready is left to who stores. Any thread.
  ///
  /// - Complexity: O(n) in the pages.
  package func run() { memory.makeWritable(bytes) }
}

/// What is known of pages that are in memory.
package enum PageHints {
  /// The kernel may have given memory up meanwhile: it is asked anew.
  package static func expire() { page_hints_expire() }
}
