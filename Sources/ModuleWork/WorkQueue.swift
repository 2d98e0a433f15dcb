import Glibc
import ServerModule

/// The jobs that are under way. While there are any, each turn of the server's event loop does one slice of one of them
/// after the clients that it found ready.
///
/// Slices run on the main thread, so nothing can change under them and a fork never meets them half done.
package final class WorkQueue {
  private var jobs: [BackgroundJob] = []
  /// Keeps the event loop turning: the reading end of a pipe that always has a byte in it.
  private var pulse: ReadableDescriptor?

  package init() {}

  /// How many there are, without those that the pool of workers counts.
  package var count: Int { jobs.count { !($0 is MainThreadJob) } }

  package func add(_ job: BackgroundJob) {
    jobs.append(job)
    guard jobs.count == 1 else { return }
    if pulse == nil { pulse = makePulse() }
    // Without a place in the event loop the work is done in one go.
    if pulse?.start() != true { jobs.removeLast().complete() }
  }

  /// Does a slice of the job whose turn it is.
  private func advance() {
    let watch = Stopwatch()
    defer { watch.report("mmaparray-slice") }
    if !jobs.isEmpty {
      let job = jobs.removeFirst()
      if job.advance() {
        jobs.append(job)
      } else {
        job.unblock()
      }
    }
    if jobs.isEmpty { pulse?.stop() }
  }

  private func makePulse() -> ReadableDescriptor? {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var byte: UInt8 = 0
    guard write(ends[1], &byte, 1) == 1 else {
      for end in ends { close(end) }
      return nil
    }
    return ReadableDescriptor(ends[0]) { [unowned self] in advance() }
  }
}
