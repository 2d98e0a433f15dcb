import Glibc
import Monitors
import ServerModule

/// Threads that wait for the disk. Each takes some small parts, or a large one, of what is to be read first, has the kernel
/// begin to read all of them and waits for one after the other. What is left of a read goes to the end of the queue, so that
/// all who wait get the same share.
///
/// A fork finds none of them with the lock or in an allocator, but perhaps in the middle of a read.
// Sendable: what changes is used under the lock, but for `results` and `underWayCount`, which are the main thread's.
package final class DiskReaders: @unchecked Sendable {
  private let monitor = Monitor()
  private var queue: [DiskRead] = []
  private var finished: [DiskRead] = []
  private var threadCount = 0
  private var mostRunning = 0
  private var runningCount = 0
  /// How many threads wait for something to do, and how many of these are being woken.
  private var idleCount = 0
  private var wakingCount = 0
  /// How many parts have not been begun.
  private var waitingCount = 0
  private var readCount = 0
  /// Wakes the main thread when there is something that has finished.
  private var pipeEnd: Int32 = -1
  private var results: ReadableDescriptor?
  private var underWayCount = 0

  /// How many parts a thread takes at once, if they are small.
  private static let mostParts = 8

  package init() {}

  /// Whether nothing is being read. Main thread.
  package var isIdle: Bool { underWayCount == 0 }

  /// How many parts have been read.
  package var count: Int { monitor.withLock { readCount } }

  /// Begins to read, on at most so many threads. Main thread.
  ///
  /// - Parameter done: is called on the main thread at the end, unless it is cancelled.
  /// - Returns: false if there is no thread for it.
  package func begin(_ read: DiskRead, threads: Int, done: @escaping () -> Void) -> Bool {
    guard threads > 0, isReady() else { return false }
    let woken: Int? = monitor.withLock {
      let waitingCount = waitingCount + read.rest.count
      let wanted = (waitingCount + DiskReaders.mostParts - 1) / DiskReaders.mostParts
      var startedCount = 0
      while threadCount < min(threads, runningCount + wanted), startThread() {
        threadCount += 1
        startedCount += 1
      }
      guard threadCount > 0 else { return nil }
      self.waitingCount = waitingCount
      if mostRunning != threads {
        mostRunning = threads
        monitor.notifyAll()
      }
      read.done = done
      queue.append(read)
      let count = max(0, min(idleCount - wakingCount, wanted - wakingCount - startedCount))
      wakingCount += count
      return count
    }
    guard let woken else { return false }
    underWayCount += 1
    // Without the lock, which whoever is woken needs first.
    for _ in 0..<woken { monitor.notifyOne() }
    return true
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
    // There is one for each time that `finished` was empty.
    var bytes: UInt64 = 0
    _ = read(end, &bytes, 8)
    let finished = monitor.withLock {
      defer { self.finished = [] }
      return self.finished
    }
    underWayCount -= finished.count
    for read in finished {
      // Given up here: what they hold is the main thread's.
      let (afterwards, done) = (read.afterwards, read.done)
      (read.afterwards, read.done, read.errand) = (nil, nil, nil)
      afterwards?(read.parts)
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
    (idleCount, wakingCount, underWayCount) = (0, 0, 0)
  }
}

// MARK: - Threads

extension DiskReaders {
  private func startThread() -> Bool { BackgroundThread.start { [unowned self] in work() } }

  /// What a thread does.
  private func work() {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: DiskRead.mostBytes, alignment: 4096)
    var parts: [(read: DiskRead, part: DiskPart)] = []
    parts.reserveCapacity(DiskReaders.mostParts)
    monitor.lock()
    while true {
      guard runningCount < mostRunning, !queue.isEmpty else {
        idleCount += 1
        monitor.wait()
        idleCount -= 1
        wakingCount = max(0, wakingCount - 1)
        continue
      }
      take(&parts)
      runningCount += 1
      monitor.unlock()
      for index in parts.indices {
        let read = parts[index].read
        if parts.count > 1 { read.begin(&parts[index].part) } else { read.look(for: &parts[index].part) }
      }
      for (read, part) in parts {
        read.read(part, into: buffer)
        monitor.lock()
        finish(part, of: read)
        monitor.unlock()
      }
      monitor.lock()
      runningCount -= 1
      parts.removeAll(keepingCapacity: true)
    }
  }

  /// Takes parts from the queue. With the lock.
  private func take(_ parts: inout [(read: DiskRead, part: DiskPart)]) {
    var byteCount = 0
    while parts.count < DiskReaders.mostParts, let read = queue.first {
      guard let part = read.rest.last else {
        // One that was cancelled.
        queue.removeFirst()
        finishIfRead(read)
        continue
      }
      byteCount += part.bytes.count
      guard parts.isEmpty || byteCount <= DiskRead.mostBytes else { return }
      parts.append((read, part))
      queue.removeFirst()
      read.rest.removeLast()
      read.runningCount += 1
      waitingCount -= 1
      if !read.rest.isEmpty { queue.append(read) }
    }
  }

  /// A part has been read. With the lock.
  private func finish(_ part: DiskPart, of read: DiskRead) {
    read.runningCount -= 1
    read.parts.append(part)
    if !part.wasInMemory, !part.bytes.isEmpty { readCount += 1 }
    finishIfRead(read)
  }

  private func finishIfRead(_ read: DiskRead) {
    guard read.rest.isEmpty, read.runningCount == 0, !read.isFinished else { return }
    read.isFinished = true
    finished.append(read)
    var byte: UInt8 = 0
    if finished.count == 1 { _ = write(pipeEnd, &byte, 1) }
  }
}
