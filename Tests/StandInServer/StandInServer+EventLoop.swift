import CStandInServer
import Glibc

// What goes on: time, turns of the event loop, events.
extension StandInServer {
  /// Tells the module of an event, with no data.
  public func fire(_ event: Int, _ phase: Int = 0) {
    thread.run {
      for subscription in subscriptions where subscription.event == UInt64(event) {
        withContext {
          subscription.function(
            $0.pointer, ServerEvent(identifier: UInt64(event), data_version: 1), UInt64(phase), nil)
        }
      }
      serveUnblocked()
    }
  }

  /// Lets time pass: timers that become due are called, the earliest first.
  public func pass(milliseconds: Int64) {
    thread.run {
      let end = now + milliseconds
      while let next = timers.filter({ $0.due <= end }).min(by: { ($0.due, $0.identifier) < ($1.due, $1.identifier) }) {
        timers.removeAll { $0.identifier == next.identifier }
        now = max(now, next.due)
        withContext { next.function($0.pointer, next.data) }
        serveUnblocked()
      }
      now = end
    }
  }

  /// How many page faults the server's thread has had, whether they waited for the disk or not.
  public var pageFaultCount: Int {
    thread.run {
      var usage = rusage()
      // RUSAGE_THREAD, which Glibc has for GNU programs only.
      getrusage(__rusage_who_t(1), &usage)
      return usage.ru_minflt + usage.ru_majflt
    }
  }

  /// One turn of the event loop, for timers that are due too. Returns how many descriptors were readable and timers due.
  ///
  /// - Parameter patience: how long to wait for one, in milliseconds.
  @discardableResult
  public func turn(patience: Int32 = 0) -> Int {
    thread.run {
      var files = readers.keys.sorted().map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      poll(&files, nfds_t(files.count), timers.contains { $0.due <= now } ? 0 : patience)
      var count = 0
      for file in files where file.revents != 0 {
        // One before it may have removed it.
        guard let reader = readers[file.fd] else { continue }
        reader.function(file.fd, reader.data, Int32(SERVER_EVENT_LOOP_READABLE))
        count += 1
      }
      for timer in timers.filter({ $0.due <= now }) {
        timers.removeAll { $0.identifier == timer.identifier }
        withContext { timer.function($0.pointer, timer.data) }
        count += 1
      }
      serveUnblocked()
      return count
    }
  }

  /// Turns the event loop until `condition` holds. Returns false if that takes a minute.
  public func turn(until condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while !condition() {
      guard ContinuousClock.now < end else { return false }
      turn(patience: 10)
    }
    return true
  }
}
