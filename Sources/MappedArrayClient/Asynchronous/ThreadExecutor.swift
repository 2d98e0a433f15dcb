import Dispatch
import Glibc
import Synchronization

/// Runs an actor's jobs on a thread of its own, which may block without keeping other tasks from running.
final class ThreadExecutor: SerialExecutor {
  private let queue: JobQueue

  /// Starts the thread, which ends with this object.
  init() throws(ClientError) {
    queue = JobQueue()
    var thread = pthread_t()
    let context = Unmanaged.passRetained(queue)
    let code = pthread_create(&thread, nil, { JobQueue.run($0) }, context.toOpaque())
    guard code == 0 else {
      context.release()
      throw ClientError(code: code)
    }
    pthread_detach(thread)
  }

  deinit {
    queue.close()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    queue.add(JobQueue.Entry(job: UnownedJob(job), executor: self))
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }
}

/// What the thread and its owner share.
private final class JobQueue: Sendable {
  /// A job, and its executor, which must not end while it runs.
  struct Entry {
    let job: UnownedJob
    let executor: ThreadExecutor
  }

  private struct State {
    var entries: [Entry] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let hasNews = DispatchSemaphore(value: 0)

  func add(_ entry: Entry) {
    state.withLock { $0.entries.append(entry) }
    hasNews.signal()
  }

  func close() {
    state.withLock { $0.isClosed = true }
    hasNews.signal()
  }

  /// The body of the thread; `context` is a retained queue.
  static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let queue = Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue()
    while queue.runJobs() {}
    return nil
  }

  /// Waits for jobs and runs them; returns whether there may be more.
  private func runJobs() -> Bool {
    hasNews.wait()
    let (entries, isClosed) = state.withLock { state in
      defer { state.entries.removeAll(keepingCapacity: true) }
      return (state.entries, state.isClosed)
    }
    for entry in entries { entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor()) }
    return !isClosed
  }
}
