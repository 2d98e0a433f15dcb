import ServerModule

/// The jobs that are under way. While there are any, each turn of the server's event loop does one slice of one of them
/// after the clients that it found ready.
///
/// Slices run on the main thread, so nothing can change under them and a fork never meets them half done.
package final class WorkQueue {
  private var jobs: [BackgroundJob] = []
  private lazy var pulse = Pulse { [unowned self] in advance() }

  package init() {}

  /// How many there are, without those that the pool of workers counts.
  package var count: Int { jobs.count { !($0 is MainThreadJob) } }

  package func add(_ job: BackgroundJob) {
    jobs.append(job)
    guard jobs.count == 1 else { return }
    // Without a place in the event loop the work is done in one go.
    if !pulse.start() { jobs.removeLast().complete() }
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
    if jobs.isEmpty { pulse.stop() }
  }
}
