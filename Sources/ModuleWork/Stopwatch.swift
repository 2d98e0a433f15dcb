import Glibc
import ServerModule

/// Measures how long something of the module holds the main thread.
// Not with `ContinuousClock`: that would link the concurrency runtime to the module.
package struct Stopwatch {
  private let start = Stopwatch.milliseconds

  package init() {}

  private static var milliseconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  package static var microseconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
  }

  /// Tells the server's latency monitor, if it is a millisecond or more.
  package func report(_ event: StaticString) {
    let milliseconds = Stopwatch.milliseconds - start
    if milliseconds > 0 { Context.addLatency(event, milliseconds: milliseconds) }
  }
}
