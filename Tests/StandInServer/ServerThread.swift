import Dispatch
import Glibc

/// The thread that a server runs on. Modules count on there being one: they compare it with that of a fork, for example.
final class ServerThread: @unchecked Sendable {
  private var work: (() -> Void)?
  private let hasWork = DispatchSemaphore(value: 0)
  private let isDone = DispatchSemaphore(value: 0)
  /// One caller at a time.
  private let callers = DispatchSemaphore(value: 1)
  private var thread = pthread_t()

  /// Starts the thread, which ends with the process.
  init() {
    let code = pthread_create(&thread, nil, { ServerThread.serve($0) }, Unmanaged.passRetained(self).toOpaque())
    precondition(code == 0, "no thread for the stand-in server")
  }

  private static func serve(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let thread = Unmanaged<ServerThread>.fromOpaque(context).takeUnretainedValue()
    while true {
      thread.hasWork.wait()
      thread.work?()
      thread.isDone.signal()
    }
  }

  /// Runs `body` on the thread and waits for it.
  func run<Result>(_ body: () -> Result) -> Result {
    guard pthread_equal(pthread_self(), thread) == 0 else { return body() }
    callers.wait()
    defer { callers.signal() }
    return withoutActuallyEscaping(body) { body in
      var result: Result?
      work = { result = body() }
      hasWork.signal()
      isDone.wait()
      work = nil
      guard let result else { preconditionFailure("the thread has not run its work") }
      return result
    }
  }
}
