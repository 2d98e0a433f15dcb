import ArrayVocabulary
import MappedArray
import ModuleWork
import ServerModule

/// Reads what commands need and is not in memory, on threads that wait for the disk.
final class ColdPages {
  let readers = DiskReaders()
  private var chooser = BlockChooser()
  /// How many commands have waited for the disk on the main thread.
  fileprivate(set) var waitCount = 0

  /// How many parts of files have been read.
  var readCount: Int { readers.count }

  private static let pageShift = 12
  /// How often in a row a command is parked. If memory is so scarce that what has been read is gone again, it waits on the
  /// main thread: then others may wait, but it does not wait for ever.
  fileprivate static let mostRounds = 4
  /// The same for a search, in which each round is a step.
  fileprivate static let mostSearchRounds = 64

  /// Blocks around single pages that are missing; in order, and each once.
  fileprivate func blocks(around missing: [Range<Int>], of file: UInt64) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    for part in missing {
      for page in part.lowerBound >> ColdPages.pageShift..<part.upperBound >> ColdPages.pageShift {
        let block = chooser.block(around: page, of: file)
        blocks.append(block.lowerBound << ColdPages.pageShift..<block.upperBound << ColdPages.pageShift)
      }
    }
    blocks.sort { $0.lowerBound < $1.lowerBound }
    var end = 0
    return blocks.compactMap { block in
      defer { end = max(end, block.upperBound) }
      return block.upperBound <= end ? nil : max(block.lowerBound, end)..<block.upperBound
    }
  }

  /// Blocks have been read.
  fileprivate func note(_ blocks: [Range<Int>], of file: UInt64) {
    for block in blocks {
      chooser.noteRead(block.lowerBound >> ColdPages.pageShift..<block.upperBound >> ColdPages.pageShift, of: file)
    }
  }
}

// MARK: - What commands say they need

extension Services {
  /// Says that a command reads a range of elements, or stores into them.
  ///
  /// - Throws: `.notInMemory`, if that must be read from the disk and the call can wait until it has been. Nothing may have
  ///   been changed and nothing replied.
  func needToRead<Element: MappableElement>(
    _ range: Range<Int>, of array: TypedArray<Element>, for call: Call
  ) throws(CommandError) {
    var missing: [Range<Int>] = []
    array.elements.file.addMissing(range, to: &missing)
    if !missing.isEmpty { try wait(for: missing, of: array.served, for: call, isReading: true) }
  }

  /// Says that a command reads several rows, in any order; negative ones are none.
  ///
  /// - Throws: as `needToRead` of a range.
  func needToRead<Element: MappableElement>(
    rows: UnsafeMutableBufferPointer<Int>, of array: TypedArray<Element>, for call: Call
  ) throws(CommandError) {
    let size = array.elements.rowSize
    var missing: [Range<Int>] = []
    for row in rows where row >= 0 { array.elements.file.addMissing(row * size..<(row + 1) * size, to: &missing) }
    if !missing.isEmpty { try wait(for: missing, of: array.served, for: call, isReading: true) }
  }

  /// Says that a command stores into the elements of a range that are there, and adds others.
  func needToChange<Element: MappableElement>(
    from start: Int, _ count: Int, of array: TypedArray<Element>, for call: Call
  ) throws(CommandError) {
    var missing: [Range<Int>] = []
    let (end, isTooLarge) = start.addingReportingOverflow(count)
    // Which is an error in any case.
    guard !isTooLarge else { return }
    array.elements.file.addMissing(start..<end, to: &missing)
    if end > array.elements.count { array.elements.file.addMissingEnd(to: &missing) }
    if !missing.isEmpty { try wait(for: missing, of: array.served, for: call, isReading: false) }
  }

  /// Says that a command adds elements at the end, or removes some.
  @inline(__always)
  func needEnd<Element: MappableElement>(of array: TypedArray<Element>, for call: Call) throws(CommandError) {
    if !array.elements.file.isEndKnownInMemory { try needColdEnd(of: array.served, for: call) }
  }

  @inline(never)
  private func needColdEnd(of array: ServedArray, for call: Call) throws(CommandError) {
    var missing: [Range<Int>] = []
    array.file.addMissingEnd(to: &missing)
    if !missing.isEmpty { try wait(for: missing, of: array, for: call, isReading: false) }
  }

  /// Says that a command reads single elements, or changes them.
  @inline(never)
  func need<Element: MappableElement>(
    _ indexes: some Sequence<Int>, of array: TypedArray<Element>, for call: Call, isReading: Bool,
    rounds: Int = ColdPages.mostRounds
  ) throws(CommandError) {
    var missing: [Range<Int>] = []
    for index in indexes where index >= 0 && index < array.elements.count {
      array.elements.file.addMissing(index..<index + 1, to: &missing)
    }
    guard !missing.isEmpty else { return }
    let file = array.served.identity.inode
    try wait(
      for: coldPages.blocks(around: missing, of: file), of: array.served, for: call, isReading: isReading, file,
      rounds: rounds)
  }

  /// Where a value belongs in sorted elements. The search reads one after the other, and each tells which is the next: it
  /// begins anew with each that must be read from the disk.
  func insertionIndex<Element: MappableElement>(
    of value: Element, _ side: SearchSide, in array: TypedArray<Element>, for call: Call
  ) throws(CommandError) -> Int {
    var rest = 0..<array.elements.count
    while !rest.isEmpty {
      let middle = rest.lowerBound + rest.count / 2
      if !array.elements.isKnownInMemory(middle) {
        try need(CollectionOfOne(middle), of: array, for: call, isReading: true, rounds: ColdPages.mostSearchRounds)
      }
      let isBefore = array.elements.withElements(in: middle..<middle + 1) {
        Element.insertionIndex(of: value, in: $0, side: side) > 0
      }
      rest = isBefore ? middle + 1..<rest.upperBound : rest.lowerBound..<middle
    }
    return rest.lowerBound
  }

  /// - Parameter file: nil if the parts have not been chosen by what was read before.
  private func wait(
    for parts: [Range<Int>], of array: ServedArray, for call: Call, isReading: Bool, _ file: UInt64? = nil,
    rounds: Int = ColdPages.mostRounds
  ) throws(CommandError) {
    // The kernel is giving memory up, or has not had these pages for long: nothing is sure.
    PageHints.expire()
    guard workSettings.diskThreadCount > 0, call.parkedRounds < rounds, call.mayBlock,
      !(isReading && call.isForCache), let descriptor = array.file.duplicateDescriptor()
    else {
      coldPages.waitCount += 1
      // The disk has all of it to do at once.
      for part in parts { array.file.readAhead(part) }
      if let file { coldPages.note(parts, of: file) }
      return
    }
    throw .notInMemory(
      DiskRead(parts, of: descriptor) { [coldPages] in if let file { coldPages.note(parts, of: file) } })
  }

  /// Parks a call until what it needs has been read.
  ///
  /// - Returns: whether it waits.
  @inline(never)
  func waits(_ call: Call, for read: DiskRead, _ command: CommandDescription) -> Bool {
    let cancel = { [coldPages] in coldPages.readers.cancel(read) }
    return parking.park(call, of: command, cancel: cancel) { resume in
      if !coldPages.readers.begin(read, threads: workSettings.diskThreadCount, done: resume) {
        // There can be no threads: it will wait on this one.
        resume()
      }
    }
  }

  /// Reads what a slice of a change stores into, if it is not in memory.
  ///
  /// - Parameter resume: is called on the main thread when it has been read.
  /// - Returns: whether it is called.
  func reads(_ range: Range<Int>, of array: ServedArray, then resume: @escaping () -> Void) -> Bool {
    guard workSettings.diskThreadCount > 0, let missing = array.file.missingSample(of: range),
      let descriptor = array.file.duplicateDescriptor()
    else { return false }
    PageHints.expire()
    return coldPages.readers.begin(
      DiskRead([missing], of: descriptor), threads: workSettings.diskThreadCount, done: resume)
  }
}
