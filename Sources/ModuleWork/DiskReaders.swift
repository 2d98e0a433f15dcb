import Glibc
import Monitors
import ServerModule

/// Threads that wait for the disk: each takes a part of what is to be read first, and what is left goes to the end of the
/// queue, so that all who wait get the same share.
///
/// A fork finds none of them with the lock or in an allocator, but perhaps in the middle of a read.
// Sendable: what changes is used under the lock, but for `results`, which is the main thread's.
package final class DiskReaders: @unchecked Sendable {
  private let monitor = Monitor()
  private var queue: [DiskRead] = []
  private var finished: [DiskRead] = []
  private var threadCount = 0
  private var mostRunning = 0
  private var runningCount = 0
  /// How many parts have not been begun.
  private var waitingCount = 0
  private var readCount = 0
  /// Wakes the main thread when there is something that has finished.
  private var pipeEnd: Int32 = -1
  private var results: ReadableDescriptor?

  package init() {}

  /// How many parts have been read.
  package var count: Int { monitor.withLock { readCount } }

  /// Begins to read, on at most so many threads. Main thread.
  ///
  /// - Parameter done: is called on the main thread at the end, unless it is cancelled.
  /// - Returns: false if there is no thread for it.
  package func begin(_ read: DiskRead, threads: Int, done: @escaping () -> Void) -> Bool {
    guard threads > 0, isReady() else { return false }
    return monitor.withLock {
      let needed = min(threads, runningCount + waitingCount + read.rest.count)
      while threadCount < needed, startThread() { threadCount += 1 }
      guard threadCount > 0 else { return false }
      waitingCount += read.rest.count
      if mostRunning != threads {
        mostRunning = threads
        monitor.notifyAll()
      }
      read.done = done
      queue.append(read)
      for _ in 0..<min(read.rest.count, threads) { monitor.notifyOne() }
      return true
    }
  }

  /// Nobody waits for it any more. Main thread.
  package func cancel(_ read: DiskRead) {
    monitor.withLock {
      waitingCount -= read.rest.count
      read.rest = []
    }
    (read.afterwards, read.done) = (nil, nil)
  }

  private func isReady() -> Bool {
    guard results == nil else { return true }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return false }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    pipeEnd = ends[1]
    let results = ReadableDescriptor(ends[0]) { [unowned self, end = ends[0]] in takeFinished(end) }
    guard results.start() else {
      for end in ends { close(end) }
      return false
    }
    self.results = results
    return true
  }

  private func takeFinished(_ end: Int32) {
    var byte: UInt8 = 0
    while read(end, &byte, 1) == 1 {}
    let finished = monitor.withLock {
      defer { self.finished = [] }
      return self.finished
    }
    for read in finished {
      // Given up here: what they hold is the main thread's.
      let (afterwards, done) = (read.afterwards, read.done)
      (read.afterwards, read.done) = (nil, nil)
      afterwards?()
      done?()
    }
  }
}

// MARK: - Forks

extension DiskReaders {
  /// Before a fork: no thread is at anything but a read.
  package func pause() { monitor.lock() }

  /// After a fork, in the parent.
  package func resume() { monitor.unlock() }

  /// After a fork, in the child, which has none of the threads.
  package func abandon() {
    monitor.reset()
    (queue, finished) = ([], [])
    (threadCount, mostRunning, runningCount, waitingCount) = (0, 0, 0, 0)
  }
}

// MARK: - Threads

extension DiskReaders {
  private func startThread() -> Bool { BackgroundThread.start { [unowned self] in work() } }

  /// What a thread does.
  private func work() {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: DiskRead.mostBytes, alignment: 4096)
    monitor.lock()
    while true {
      guard runningCount < mostRunning, !queue.isEmpty else {
        monitor.wait()
        continue
      }
      advance(queue.removeFirst(), buffer)
    }
  }

  /// Reads a part of what has been taken from the queue, with the lock before and after.
  private func advance(_ read: DiskRead, _ buffer: UnsafeMutableRawBufferPointer) {
    if let part = read.rest.popLast() {
      if !read.rest.isEmpty { queue.append(read) }
      waitingCount -= 1
      runningCount += 1
      read.runningCount += 1
      monitor.unlock()
      read.read(part, into: buffer)
      monitor.lock()
      runningCount -= 1
      read.runningCount -= 1
      readCount += 1
    }
    // One that was cancelled may still be in the queue.
    guard read.rest.isEmpty, read.runningCount == 0, !finished.contains(where: { $0 === read }) else { return }
    finished.append(read)
    var byte: UInt8 = 0
    if finished.count == 1 { _ = write(pipeEnd, &byte, 1) }
  }
}
