import Glibc

/// A lock with a condition that threads wait for; pthread_mutex_lock(3), pthread_cond_wait(3). `Synchronization.Mutex` has
/// no condition, and cannot be held while the process forks.
public final class Monitor: Sendable {
  // Only handed to the functions of pthread.h, which any thread may call with them.
  nonisolated(unsafe) private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  nonisolated(unsafe) private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  public init() { reset() }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Makes lock and condition as new, in a child that was forked while they were held.
  public func reset() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  public func lock() { pthread_mutex_lock(mutex) }
  public func unlock() { pthread_mutex_unlock(mutex) }

  /// Gives the lock up until `notifyAll` is called, and then has it again. May return without a call too.
  public func wait() { pthread_cond_wait(condition, mutex) }

  /// Wakes all threads that wait.
  public func notifyAll() { pthread_cond_broadcast(condition) }

  /// Wakes one of the threads that wait.
  public func notifyOne() { pthread_cond_signal(condition) }

  /// Calls `body` with the lock.
  public func withLock<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    lock()
    defer { unlock() }
    return try body()
  }
}
