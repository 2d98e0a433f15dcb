import ArrayVocabulary
import MappedArray
import ModuleWork
import ServerModule

/// Reads what commands need and is not in memory, on threads that wait for the disk.
final class ColdPages {
  let readers = DiskReaders()
  private var chooser = BlockChooser()
  private var missShare = MissShare()
  /// How many commands have waited for the disk on the main thread.
  fileprivate(set) var waitCount = 0

  /// How many parts of files have been read.
  var readCount: Int { readers.count }

  fileprivate static let pageSize = 4096
  /// How often in a row a command is parked. If memory is so scarce that what has been read is gone again, it waits on the
  /// main thread: then others may wait, but it does not wait for ever.
  fileprivate static let mostRounds = 4
  /// The same for a search, in which each round is a step.
  fileprivate static let mostSearchRounds = 64

  /// Whether to ask for a page that is not known to be in memory. To ask has the kernel begin to read it, at once but on the
  /// main thread: where much is read, and most of what is looked for is missing, the readers find that out.
  ///
  /// - Parameter isFirst: whether nothing is missing yet of what the command needs.
  fileprivate func asks(isFirst: Bool) -> Bool { !missShare.isHigh || isFirst && readers.isIdle }

  /// Blocks around single pages; in order, and each once.
  ///
  /// - Parameters:
  ///   - missing: pages that are missing, by their offsets.
  ///   - doubtful: pages that perhaps are.
  fileprivate func blocks(around missing: [Int], doubtful: [Int], of file: UInt64) -> [DiskPart] {
    for page in missing { chooser.noteMissing(page / ColdPages.pageSize, of: file) }
    func block(around page: Int, isDoubtful: Bool) -> DiskPart {
      let block = chooser.block(around: page / ColdPages.pageSize)
      return DiskPart(
        block.lowerBound * ColdPages.pageSize..<block.upperBound * ColdPages.pageSize,
        doubtfulPage: isDoubtful ? page : nil)
    }
    var blocks =
      missing.map { block(around: $0, isDoubtful: false) } + doubtful.map { block(around: $0, isDoubtful: true) }
    blocks.sort { ($0.bytes.lowerBound, $0.doubtfulPage ?? -1) < ($1.bytes.lowerBound, $1.doubtfulPage ?? -1) }
    var end = 0
    // All of them are of one size.
    return blocks.filter { block in
      defer { end = block.bytes.upperBound }
      return block.bytes.lowerBound >= end
    }
  }

  /// A page has been asked for.
  fileprivate func noteAsked(wasMissing: Bool) { missShare.note(wasMissing: wasMissing) }

  /// Blocks have been read.
  fileprivate func note(_ blocks: [DiskPart], of file: UInt64) {
    for block in blocks {
      if let page = block.doubtfulPage {
        missShare.note(wasMissing: !block.wasInMemory)
        if block.wasInMemory { continue }
        chooser.noteMissing(page / ColdPages.pageSize, of: file)
      }
      let pages = block.bytes.lowerBound / ColdPages.pageSize..<block.bytes.upperBound / ColdPages.pageSize
      chooser.noteRead(pages, of: file)
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

  /// Says that a command reads several ranges of elements, in any order.
  ///
  /// - Throws: as `needToRead` of a range.
  func needToRead<Element: MappableElement>(
    of array: TypedArray<Element>, for call: Call, eachOf ranges: ((Range<Int>) -> Void) -> Void
  ) throws(CommandError) {
    var missing: [Range<Int>] = []
    ranges { array.elements.file.addMissing($0, to: &missing) }
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
    // The second time it must be known.
    let isFirstRound = call.parkedRounds == 0 && mayPark(call, isReading: isReading, rounds: rounds)
    var (missing, doubtful, unknown): ([Range<Int>], [Int], [Int]) = ([], [], [])
    for index in indexes where index >= 0 && index < array.elements.count {
      if isFirstRound, !coldPages.asks(isFirst: missing.isEmpty && doubtful.isEmpty) {
        array.elements.file.addUnknown(index, to: &doubtful)
        continue
      }
      unknown.removeAll(keepingCapacity: true)
      array.elements.file.addUnknown(index, to: &unknown)
      guard !unknown.isEmpty else { continue }
      let count = missing.count
      array.elements.file.addMissing(index..<index + 1, to: &missing)
      if isFirstRound { coldPages.noteAsked(wasMissing: missing.count > count) }
    }
    guard !missing.isEmpty || !doubtful.isEmpty else { return }
    let file = array.served.identity.inode
    let pages = missing.flatMap { Array(stride(from: $0.lowerBound, to: $0.upperBound, by: ColdPages.pageSize)) }
    try wait(
      for: coldPages.blocks(around: pages, doubtful: doubtful, of: file), of: array.served, for: call,
      isReading: isReading, file, rounds: rounds)
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

  /// Whether a call can wait until something has been read.
  private func mayPark(_ call: Call, isReading: Bool, rounds: Int) -> Bool {
    workSettings.diskThreadCount > 0 && call.parkedRounds < rounds && call.mayBlock && !(isReading && call.isForCache)
  }

  private func wait(
    for missing: [Range<Int>], of array: ServedArray, for call: Call, isReading: Bool
  ) throws(CommandError) {
    try wait(
      for: missing.map { DiskPart($0) }, of: array, for: call, isReading: isReading, nil, rounds: ColdPages.mostRounds)
  }

  /// - Parameter file: nil if the parts have not been chosen by what was read before.
  private func wait(
    for parts: [DiskPart], of array: ServedArray, for call: Call, isReading: Bool, _ file: UInt64?, rounds: Int
  ) throws(CommandError) {
    // The kernel is giving memory up, or has not had these pages for long: nothing is sure.
    PageHints.expire()
    guard mayPark(call, isReading: isReading, rounds: rounds), let descriptor = array.file.duplicateDescriptor() else {
      coldPages.waitCount += 1
      // The disk has all of it to do at once.
      for part in parts { array.file.readAhead(part.bytes) }
      if let file { coldPages.note(parts, of: file) }
      return
    }
    throw .notInMemory(
      DiskRead(parts, of: descriptor) { [coldPages] parts in if let file { coldPages.note(parts, of: file) } })
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

  /// Makes ready what a slice of a change stores into, on other threads: it is read, if it is not in memory, and stores
  /// find its pages writable.
  ///
  /// - Parameter resume: is called on the main thread when that has been done.
  /// - Returns: whether it is called.
  func prepares(_ range: Range<Int>, of array: ServedArray, then resume: @escaping () -> Void) -> Bool {
    guard workSettings.diskThreadCount > 0, !range.isEmpty else { return false }
    let makeWritable = { [self] in
      guard let preparation = array.file.preparation(of: range) else { return false }
      return begins(DiskRead { preparation.run() }, then: resume)
    }
    guard let missing = array.file.missingSample(of: range), let descriptor = array.file.duplicateDescriptor() else {
      return makeWritable()
    }
    PageHints.expire()
    return begins(DiskRead([DiskPart(missing)], of: descriptor)) { if !makeWritable() { resume() } }
  }

  private func begins(_ read: DiskRead, then resume: @escaping () -> Void) -> Bool {
    coldPages.readers.begin(read, threads: workSettings.diskThreadCount, done: resume)
  }
}
