import CFlusher
import Glibc
import MappedArray
import ModuleWork
import ServerModule

/// Flushes arrays to the disk, by the threads in `CFlusher` or at once, and keeps count of what failed.
///
/// Of each array one flush is under way at a time. All who wait for changes that are done meanwhile share the next one.
final class Flusher {
  private let arrays: ArrayRegistry
  private let setting: FlushSetting
  private(set) var failureCount = 0
  private(set) var count = 0
  /// Arrays that have become dirty since the last round.
  private var dirty: [FileIdentity] = []
  /// What the threads have yet to be given.
  private var gathered: [SharedFlush] = []
  private var underWay: [UInt64: SharedFlush] = [:]
  private var lastToken: UInt64 = 0
  /// For timers.
  private var context = Context.none
  private var hasTimer = false
  /// While others are expected to join a flush.
  private lazy var pulse = Pulse { [unowned self] in beginGathered() }
  /// Where the threads' results come out; nil: there are none.
  private var results: ReadableDescriptor?

  init(_ arrays: ArrayRegistry, _ setting: FlushSetting) {
    self.arrays = arrays
    self.setting = setting
  }

  /// Begins to flush: every second, and whenever somebody waits.
  func start(_ context: Context) {
    self.context = context.detached
    let descriptor = flusher_start()
    guard descriptor >= 0 else {
      return context.log(.warning, "no thread for flushing: the main thread does it")
    }
    results = ReadableDescriptor(descriptor) { [unowned self] in takeResults() }
    _ = results?.start()
  }

  /// How many clients wait for a flush.
  var waiterCount: Int { (gathered + underWay.values).reduce(0) { $0 + $1.waiterCount } }

  /// An array has been changed: notes that it is to be flushed.
  ///
  /// - Returns: whether that must be done before the reply.
  @inline(__always)
  func noteChange(of array: ServedArray) -> Bool {
    switch setting.policy {
    case .no: return false
    case .everysec:
      guard !array.flush.isDirty else { return false }
      array.flush.isDirty = true
      dirty.append(array.identity)
      return false
    case .always: return true
    }
  }

  /// Flushes an array that nobody is bound to any more, without waiting. May be called on any thread.
  static func flushUnwatched(_ array: ServedArray) {
    guard let descriptor = array.file.duplicateDescriptor() else { return }
    if !flusher_submit(descriptor, 0) { close(descriptor) }
  }

  /// Flushes an array and waits for it.
  func flush(_ array: ServedArray) throws(CommandError) {
    do throws(MappedArrayError) {
      try array.file.synchronize()
      flushed(array, failure: nil)
    } catch {
      flushed(array, failure: error)
      throw .array(error)
    }
  }

  /// Makes sure that the array may be changed after a failed flush: another must succeed first. What a primary sends is
  /// done in any case: a replica that left it out would differ for ever.
  func checkWritable(_ array: ServedArray, _ call: Call) throws(CommandError) {
    if call.origin != .primary { try flush(array) }
  }

  /// The round of every second.
  func flushDirty() {
    guard setting.policy == .everysec else { return }
    let identities = dirty
    dirty = []
    for identity in identities {
      guard let array = arrays.array(identity) else { continue }
      if results == nil {
        array.flush.isDirty = false
        // A failure is logged and counted.
        try? flush(array)
      } else if array.flush.current == nil, let flush = SharedFlush(array), begin(flush) {
        (array.flush.isDirty, array.flush.current) = (false, flush)
      } else {
        // A flush is still under way, or the threads have more than enough to do: next second.
        dirty.append(identity)
      }
    }
  }

  /// The server ends: flushes what has changed since the last round, or is waited for, and waits until that is done.
  func finish() {
    for array in arrays.all where array.flush.isDirty && setting.policy != .no || array.flush.current != nil {
      array.flush.isDirty = false
      // A failure is logged and counted.
      try? flush(array)
    }
  }
}

// MARK: - Shared flushes

extension Flusher {
  /// The flush that covers all that has been changed by now. It begins at the end of a turn of the event loop, so that all
  /// clients that were ready share it.
  ///
  /// - Returns: nil if it cannot be done off the main thread.
  func sharedFlush(of array: ServedArray) -> SharedFlush? {
    guard results != nil else { return nil }
    if let current = array.flush.current { return current.joinable(for: array) }
    guard let flush = SharedFlush(array) else { return nil }
    array.flush.current = flush
    gathered.append(flush)
    scheduleTurn()
    return flush
  }

  /// Looks at what is gathered at the end of this turn.
  private func scheduleTurn() {
    guard !hasTimer else { return }
    hasTimer = true
    context.schedule(afterMilliseconds: 0) { [unowned self] _ in
      hasTimer = false
      beginGathered()
    }
  }

  /// Gives the threads what is worth no more waiting.
  private func beginGathered() {
    var isAnyoneExpected = false
    gathered = gathered.filter { flush in
      guard !isWaiting(flush) else {
        isAnyoneExpected = true
        return true
      }
      return !begin(flush)
    }
    // Where the threads have more than enough to do, their results are waited for.
    if !isAnyoneExpected {
      pulse.stop()
    } else if !pulse.start() {
      scheduleTurn()
    }
  }

  /// Whether others are likely to join a flush at once.
  private func isWaiting(_ flush: SharedFlush) -> Bool {
    guard let array = arrays.array(flush.identity), array.flush.current === flush else { return false }
    return flush.waiterCount < array.flush.expectedCount && Stopwatch.microseconds < flush.deadline
  }

  private func begin(_ flush: SharedFlush) -> Bool {
    lastToken &+= 1
    guard flush.begin({ flusher_submit($0, lastToken) }) else { return false }
    underWay[lastToken] = flush
    return true
  }

  private func takeResults() {
    var result = flusher_result()
    while flusher_take(&result) {
      if let flush = underWay.removeValue(forKey: result.token) {
        take(result.error, of: flush)
      } else {
        flushedUnwatched(result.error)
      }
    }
    if !gathered.isEmpty { scheduleTurn() }
  }

  private func take(_ code: Int32, of flush: SharedFlush) {
    let failure = flush.result(code)
    // It may have been unmapped meanwhile, and mapped anew.
    if let array = arrays.array(flush.identity) {
      flushed(array, failure: failure)
      if array.flush.current === flush { flush.handOver(to: array) }
    } else {
      flushedUnwatched(code)
    }
    if let failure { flush.next?.fail(failure) }
    flush.end(failure)
    if let next = flush.next { gathered.append(next) }
  }

  private func flushed(_ array: ServedArray, failure: MappedArrayError?) {
    count += 1
    if let failure {
      failureCount += 1
      // Once, however many changes are refused.
      if array.flush.failure == nil {
        Context.none.log(.warning, "flush failed, no changes until one succeeds: \(failure)")
      }
      array.flush.current?.fail(failure)
    } else if array.flush.failure != nil {
      Context.none.log(.notice, "flush succeeded again: \(quoted(array.file.path.bytes))")
    }
    array.flush.failure = failure
  }

  /// A flush has ended whose array is not there any more.
  private func flushedUnwatched(_ code: Int32) {
    count += 1
    guard code != 0 else { return }
    failureCount += 1
    Context.none.log(
      .warning, "the flush of a file that is not mapped any more failed: \(String(cString: strerror(code)))")
  }
}
