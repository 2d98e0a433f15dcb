import Glibc
import ModuleWork
import ServerModule

extension Services {
  /// From now on every child that the server forks meets no thread in the middle of something; pthread_atfork(3).
  static func pauseWorkersForForks() {
    pthread_atfork(
      {
        Services.withCurrent { services in
          services.workers.pause()
          services.coldPages.readers.pause()
        }
      },
      {
        Services.withCurrent { services in
          services.coldPages.readers.resume()
          services.workers.resume()
        }
      },
      {
        Services.withCurrent { services in
          services.coldPages.readers.abandon()
          services.workers.abandon()
        }
      })
  }

  /// Work that is under way: on workers, and in slices on the main thread.
  var jobCount: Int { workers.count + work.count + unfinishedChanges.count }

  /// Adds to `INFO` what is known of work under way.
  func addWork(to section: InformationSection) {
    let totals = memory.totals
    section.add("parked_commands", parking.count)
    section.add("cold_reads", coldPages.readCount)
    section.add("cold_waits", coldPages.waitCount)
    section.add("work_bytes", totals.inUse)
    section.add("refusals", totals.refusalCount)
    section.add("cancelled_jobs", workers.cancelledCount)
  }
}
