import CModuleShim
import Glibc

/// The jobs that are under way. While there are any, each turn of the server's event loop does one slice of one of them
/// after the clients that it found ready.
///
/// Slices run on the main thread, so nothing can change under them and a fork never meets them half done.
final class WorkQueue {
  private var jobs: [Job] = []
  /// Keeps the event loop turning: the reading end of a pipe that always has a byte in it.
  private var readable: Int32 = -1

  var count: Int { jobs.count }

  func add(_ job: Job) {
    jobs.append(job)
    guard jobs.count == 1 else { return }
    guard openPipe(), server_EventLoopAdd(readable, Int32(SERVER_EVENT_LOOP_READABLE), WorkQueue.turn, nil) == SERVER_OK
    else {
      // Without a place in the event loop the work is done in one go.
      jobs.removeLast().complete()
      return
    }
  }

  /// Finishes the jobs that change arrays.
  func completeChanges() {
    for job in jobs where job.isUnfinishedChange { job.complete() }
  }

  private static let turn: @convention(c) (Int32, UnsafeMutableRawPointer?, Int32) -> Void = { _, _, _ in
    let queue = Module.current.work
    queue.advance()
    if queue.jobs.isEmpty { _ = server_EventLoopDel(queue.readable, Int32(SERVER_EVENT_LOOP_READABLE)) }
  }

  /// Does a slice of the job whose turn it is.
  private func advance() {
    guard !jobs.isEmpty else { return }
    let job = jobs.removeFirst()
    if job.advance() {
      jobs.append(job)
    } else {
      job.unblock()
    }
  }

  private func openPipe() -> Bool {
    guard readable < 0 else { return true }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return false }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    readable = ends[0]
    var byte: UInt8 = 0
    return write(ends[1], &byte, 1) == 1
  }
}
