import Glibc
import ServerModule

/// The settings `mmaparray.threads`, `mmaparray.disk-threads` and `mmaparray.max-reply`.
struct WorkSettings {
  private let threads: IntegerSetting
  private let diskThreads: IntegerSetting
  private let reply: IntegerSetting

  init(_ context: Context) throws(LoadError) {
    let processorCount = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    threads = try context.registerSetting("threads", default: min(max(processorCount - 1, 1), 8), in: 0...64)
    diskThreads = try context.registerSetting("disk-threads", default: 16, in: 0...256)
    reply = try context.registerSetting("max-reply", default: 512 << 20, in: (1 << 20)...Int.max, isMemory: true)
  }

  /// How many threads long reads have beside the main thread; 0: none, the main thread does them.
  var threadCount: Int { threads.value }

  /// How many threads wait for the disk where single elements and small ranges are not in memory; 0: the main thread does.
  var diskThreadCount: Int { diskThreads.value }

  /// How long a reply may be, in bytes. What is made at once is always shorter than the least that can be set.
  var mostReplyBytes: Int { reply.value }
}
