import Glibc

/// Starts threads that last as long as the process.
enum BackgroundThread {
  /// Starts a thread.
  ///
  /// - Returns: false if there can be none.
  static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    // Signals are the server's; only faults are for the thread that meets them.
    var (all, old) = (sigset_t(), sigset_t())
    sigfillset(&all)
    for fault in [SIGBUS, SIGSEGV, SIGFPE, SIGILL] { sigdelset(&all, fault) }
    pthread_sigmask(SIG_SETMASK, &all, &old)
    defer { pthread_sigmask(SIG_SETMASK, &old, nil) }
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body))
    let code = pthread_create(
      &thread, nil,
      { work in
        work.map { Unmanaged<Work>.fromOpaque($0).takeRetainedValue().body() }
        return nil
      }, work.toOpaque())
    if code == 0 { pthread_detach(thread) } else { work.release() }
    return code == 0
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
