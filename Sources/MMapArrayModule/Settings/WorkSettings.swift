import Glibc
import ServerModule

/// The settings `mmaparray.threads` and `mmaparray.max-reply`.
struct WorkSettings {
  private let threads: IntegerSetting
  private let reply: IntegerSetting

  init(_ context: Context) throws(LoadError) {
    let processorCount = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    threads = try context.registerSetting("threads", default: min(max(processorCount - 1, 1), 8), in: 0...64)
    reply = try context.registerSetting("max-reply", default: 512 << 20, in: (1 << 20)...Int.max, isMemory: true)
  }

  /// How many threads long reads have beside the main thread; 0: none, the main thread does them.
  var threadCount: Int { threads.value }

  /// How long a reply may be, in bytes. What is made at once is always shorter than the least that can be set.
  var mostReplyBytes: Int { reply.value }
}
