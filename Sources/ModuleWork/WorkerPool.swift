import Glibc
import Monitors
import ServerModule

/// Threads that do jobs, slice by slice: each takes the first job of a queue, does one slice of it and puts it at the
/// end. So all clients get the same share, however long their work is, and a job whose slices may be done at the same
/// time has all threads when it is alone.
///
/// A fork finds each thread between two slices, where it holds no lock and is in no allocator.
// Sendable: what changes is used under the lock, but for `waiting`, which is the main thread's.
package final class WorkerPool: @unchecked Sendable {
  private let monitor = Monitor()
  private var queue: [WorkerJob] = []
  /// How many threads there are, and how many of them may work.
  private var threadCount = 0
  private var mostRunning = 0
  /// How many are doing something, not waiting.
  private var runningCount = 0
  private var isPaused = false
  private var waiting: [BlockedClient: WorkerJob] = [:]
  /// How many jobs have ended because their clients had gone. The main thread's.
  package private(set) var cancelledCount = 0

  package init() {}

  /// How many jobs are under way. Main thread.
  package var count: Int { waiting.count }

  /// Begins a job whose client waits, on at most so many threads. Main thread.
  ///
  /// - Returns: false if there is no thread for it; then `MainThreadJob` does it.
  package func add(_ job: WorkerJob, threads: Int) -> Bool {
    waiting[job.blockedClient] = job
    job.atEnd = { [unowned self, client = job.blockedClient] in waiting[client] = nil }
    monitor.lock()
    defer { monitor.unlock() }
    while threadCount < threads, startThread() { threadCount += 1 }
    guard threads > 0, threadCount > 0 else { return false }
    if mostRunning != threads {
      mostRunning = threads
      monitor.notifyAll()
    }
    enqueue(job)
    return true
  }

  /// The client of a job has gone: nothing more is done for it. Main thread.
  package func cancel(_ client: BlockedClient) {
    guard let job = waiting[client] else { return }
    cancelledCount += 1
    monitor.lock()
    job.isCancelled = true
    if job.isQueued {
      // Its turn is now, so that nothing of it stays for longer than a slice.
      queue.removeAll { $0 === job }
      queue.insert(job, at: 0)
    }
    monitor.unlock()
  }
}

// MARK: - Forks

extension WorkerPool {
  /// Before a fork: lets no slice begin and waits for those that are being done.
  package func pause() {
    let watch = Stopwatch()
    monitor.lock()
    isPaused = true
    while runningCount > 0 { monitor.wait() }
    watch.report("mmaparray-fork")
  }

  /// After a fork, in the parent.
  package func resume() {
    isPaused = false
    monitor.notifyAll()
    monitor.unlock()
  }

  /// After a fork, in the child, which has none of the threads.
  package func abandon() {
    monitor.reset()
    queue = []
    (threadCount, mostRunning, isPaused) = (0, 0, false)
  }
}

// MARK: - Threads

extension WorkerPool {
  // Kept as long as the process.
  private func startThread() -> Bool { BackgroundThread.start { [unowned self] in work() } }

  /// What a thread does.
  private func work() -> Never {
    monitor.lock()
    while true {
      guard !isPaused, runningCount < mostRunning, !queue.isEmpty else {
        monitor.wait()
        continue
      }
      runningCount += 1
      advance(queue.removeFirst())
      runningCount -= 1
      if isPaused, runningCount == 0 { monitor.notifyAll() }
    }
  }

  /// Does a slice of a job that has been taken from the queue, with the lock before and after.
  private func advance(_ job: WorkerJob) {
    job.isQueued = false
    if job.hasSlices {
      let slice = job.takeSlice()
      job.runningCount += 1
      if job.phase.isShared, job.hasSlices { enqueue(job) }
      monitor.unlock()
      job.run(slice)
      monitor.lock()
      job.runningCount -= 1
      if !job.isQueued, job.runningCount == 0 { enqueue(job) }
    } else if job.runningCount == 0 {
      monitor.unlock()
      let isMore = job.beginPhase()
      monitor.lock()
      if isMore { enqueue(job) }
    }
  }

  private func enqueue(_ job: WorkerJob) {
    job.isQueued = true
    queue.append(job)
    monitor.notifyOne()
  }
}
