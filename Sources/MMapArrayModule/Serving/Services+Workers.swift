import Glibc
import ModuleWork
import ServerModule

extension Services {
  /// From now on every child that the server forks meets no worker in the middle of something; pthread_atfork(3).
  static func pauseWorkersForForks() {
    pthread_atfork(
      { Services.withCurrent { $0.workers.pause() } },
      { Services.withCurrent { $0.workers.resume() } },
      { Services.withCurrent { $0.workers.abandon() } })
  }

  /// Work that is under way: on workers, and in slices on the main thread.
  var jobCount: Int { workers.count + work.count + unfinishedChanges.count }

  /// Adds to `INFO` what is known of work under way.
  func addWork(to section: InformationSection) {
    let totals = memory.totals
    section.add("parked_commands", parking.count)
    section.add("work_bytes", totals.inUse)
    section.add("refusals", totals.refusalCount)
    section.add("cancelled_jobs", workers.cancelledCount)
  }
}
