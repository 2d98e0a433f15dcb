import MappedArray
import ModuleWork
import ServerModule

/// Work that reads a range of elements, slice by slice, on any threads, and then makes a reply.
///
/// The range is read in one or more passes. What is found in each slice is a part; parts are taken in in the order of the
/// elements, so the reply does not depend on how many threads there are.
protocol ReadingWork<Element> {
  associatedtype Element: MappableElement
  /// What all slices of a pass need to know.
  associatedtype Pass: Sendable
  /// What is found in a slice.
  associatedtype Part: Sendable

  /// How much of the range a slice has: about a millisecond of it. Always the same.
  var sliceCount: Int { get }

  /// How much of the range is little: it is read sooner than another thread could be woken for it.
  var littleCount: Int { get }

  /// Begins the next pass over the range; nil if all has been read that is needed.
  mutating func nextPass() throws(CommandError) -> Pass?

  /// The elements that are needed for a slice of the range: that slice, unless the range counts what is made of others.
  static func elements(for slice: Range<Int>, in pass: Pass) -> Range<Int>

  /// Reads a slice, whose first element has this index. Any thread.
  static func read(_ slice: ElementView<Element>, at index: Int, in pass: Pass) throws(CommandError) -> Part

  /// Whether the slices of a pass must be read one after the other, because what is found in one is needed for the next.
  static func isOrdered(_ pass: Pass) -> Bool

  /// Takes in the next part.
  ///
  /// - Returns: whether more of the pass is needed.
  mutating func take(_ part: Part) throws(CommandError) -> Bool

  /// Reads a range that is little, with all passes. Main thread.
  mutating func readAtOnce(_ elements: ElementView<Element>, at index: Int) throws(CommandError)

  /// In how many parts the reply is made, once all has been read.
  var replyCount: Int { get }

  /// Makes a part of the reply.
  func write(_ part: Int, to reply: Reply, isRESP3: Bool)

  /// Gives back memory that was taken.
  mutating func discard()
}

extension ReadingWork {
  mutating func discard() {}

  static func isOrdered(_ pass: Pass) -> Bool { false }

  static func elements(for slice: Range<Int>, in pass: Pass) -> Range<Int> { slice }

  mutating func readAtOnce(_ elements: ElementView<Element>, at index: Int) throws(CommandError) {
    while let pass = try nextPass() { _ = try take(Self.read(elements, at: index, in: pass)) }
  }

  var sliceCount: Int { SliceSize.bytes / MemoryLayout<Element>.stride }

  var littleCount: Int { sliceCount / 16 }
}

extension Services {
  /// Does work that reads: at once if it is little or if the call cannot wait, otherwise on other threads while the client
  /// waits.
  ///
  /// - Parameter isLong: whether it is not little though the range may be.
  func perform<Work: ReadingWork>(
    _ work: Work, over range: Range<Int>, of array: TypedArray<Work.Element>, for call: Call, isLong: Bool = false
  ) throws(CommandError) {
    var work = work
    var isRead = false
    // Without other threads a slice is done at once in any case.
    if !isLong, range.count <= (workSettings.threadCount > 0 ? work.littleCount : work.sliceCount) {
      try needToRead(range, of: array, for: call)
      try array.elements.withElements(in: range) { (elements) throws(CommandError) in
        try work.readAtOnce(elements, at: range.lowerBound)
      }
      try onArray(array.elements.checkFault())
      guard work.replyCount > 1 else { return work.write(0, to: call.reply, isRESP3: call.reply.isRESP3) }
      isRead = true
    }
    if !isLong { memory.update(call.context) }
    if call.mayBlock {
      let job = ReadingJob(work, over: range, of: array, isRead: isRead, with: self)
      if job.beginWaiting(
        call, disconnected: { _, client in Services.withCurrent { $0.workers.cancel(BlockedClient(client)) } })
      {
        if !workers.add(job, threads: workSettings.threadCount) { self.work.add(MainThreadJob(job)) }
        return
      }
      job.finish()
    }
    try performAtOnce(work, over: isRead ? nil : range, of: array, for: call)
  }

  /// Does work that reads on the main thread, all of it.
  ///
  /// - Parameter range: nil if it has been read.
  func performAtOnce<Work: ReadingWork>(
    _ work: Work, over range: Range<Int>?, of array: TypedArray<Work.Element>, for call: Call
  ) throws(CommandError) {
    var work = work
    if let range { try work.readAll(range, of: array) }
    work.writeAll(to: call.reply)
  }
}

extension ReadingWork {
  /// Makes the whole reply, on the main thread.
  func writeAll(to reply: Reply) {
    let isRESP3 = reply.isRESP3
    for part in 0..<replyCount { write(part, to: reply, isRESP3: isRESP3) }
  }

  /// Reads all, on the main thread.
  fileprivate mutating func readAll(_ range: Range<Int>, of array: TypedArray<Element>) throws(CommandError) {
    while let pass = try nextPass() {
      var index = range.lowerBound
      while index < range.upperBound {
        let end = min(index + sliceCount, range.upperBound)
        let needed = Self.elements(for: index..<end, in: pass)
        let part = try array.elements.withElements(in: needed) { (elements) throws(CommandError) in
          try Self.read(elements, at: index, in: pass)
        }
        try onArray(array.elements.checkFault())
        guard try take(part) else { break }
        index = end
      }
    }
  }
}
