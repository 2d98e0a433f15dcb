import Glibc
import MappedArray
import ModuleWork

/// Somebody who goes on when a flush has ended.
protocol FlushWaiter: AnyObject {
  /// Is called once, on the main thread.
  ///
  /// - Parameter failure: why it failed; nil if what was changed before is on the disk.
  func flushEnded(_ failure: MappedArrayError?)
}

/// A flush of an array on another thread, for all whose changes were done before it began.
///
/// It has a descriptor of its own: the file is flushed whatever becomes of the array meanwhile. Used on the main thread.
final class SharedFlush {
  let identity: FileIdentity
  private let path: String
  /// By when it begins, even if not all are there who are expected; `Stopwatch.microseconds`.
  private(set) var deadline: Int
  /// Since when it is under way.
  private var start = 0
  /// Until the thread has it.
  private var descriptor: Int32?
  private var waiters: [any FlushWaiter] = []
  /// The one that begins when this one has ended, for changes that are done meanwhile.
  private(set) var next: SharedFlush?
  /// Why what it covers may not be on the disk, whatever it ends with: another flush of the array has failed meanwhile, and
  /// the kernel tells only once of a page that it could not write.
  private var failure: MappedArrayError?

  /// - Returns: nil if there are too many open files.
  init?(_ array: ServedArray) {
    guard let descriptor = array.file.duplicateDescriptor() else { return nil }
    self.descriptor = descriptor
    identity = array.identity
    path = array.file.path.text
    deadline = SharedFlush.deadline(array.flush.duration)
  }

  /// Clients that were answered together ask again at about the same time, but not all in the same turn of the event loop.
  /// A part of what a flush takes is worth waiting for them, and no more than they need.
  private static func deadline(_ duration: Int) -> Int { Stopwatch.microseconds + min(duration / 4, 1000) }

  deinit {
    if let descriptor { close(descriptor) }
  }

  /// How many wait, for what comes behind it too.
  var waiterCount: Int { waiters.count + (next?.waiterCount ?? 0) }

  /// The flush that covers a change that has been done now.
  ///
  /// - Returns: nil if there are too many open files.
  func joinable(for array: ServedArray) -> SharedFlush? {
    guard descriptor == nil else { return self }
    if next == nil { next = SharedFlush(array) }
    return next
  }

  func add(_ waiter: any FlushWaiter) { waiters.append(waiter) }

  /// Begins.
  ///
  /// - Parameter submit: gives the descriptor to somebody who closes it; returns whether that could be done.
  func begin(_ submit: (Int32) -> Bool) -> Bool {
    guard let descriptor, submit(descriptor) else { return false }
    self.descriptor = nil
    start = Stopwatch.microseconds
    return true
  }

  /// Another flush of the array has failed.
  func fail(_ failure: MappedArrayError) {
    self.failure = self.failure ?? failure
    next?.fail(failure)
  }

  /// What the flush itself has ended with.
  ///
  /// - Parameter code: the errno of fdatasync(2), or 0.
  func result(_ code: Int32) -> MappedArrayError? { .flush(code, path: path) }

  /// It has ended, and the next is the array's flush now: notes how long it took, and how many are expected to share the
  /// next.
  func handOver(to array: ServedArray) {
    array.flush.current = next
    array.flush.expectedCount = waiterCount
    array.flush.duration = Stopwatch.microseconds - start
    next?.deadline = SharedFlush.deadline(array.flush.duration)
  }

  /// Lets those go on who wait.
  func end(_ result: MappedArrayError?) {
    let ended = waiters
    waiters = []
    for waiter in ended { waiter.flushEnded(failure ?? result) }
  }
}
