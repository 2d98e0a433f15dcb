import Glibc
import ServerModule

/// Measures how long something of the module holds the main thread.
// Not with `ContinuousClock`: that would link the concurrency runtime to the module.
package struct Stopwatch {
  private let start = Stopwatch.microseconds

  package init() {}

  /// How long it has been.
  package var microseconds: Int { Stopwatch.microseconds - start }

  package static var microseconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
  }

  /// Tells the server's latency monitor, if it is a millisecond or more.
  package func report(_ event: StaticString) {
    let milliseconds = microseconds / 1000
    if milliseconds > 0 { Context.addLatency(event, milliseconds: milliseconds) }
  }
}
