import CStandInServer
import Glibc
import Synchronization

// What the module has done.
extension StandInServer {
  /// How many clients wait.
  public var blockedCount: Int { handles.counts()["BlockedClientHandle"] ?? 0 }

  /// What the module has told since this was asked last, outside of commands.
  public func takeEffects() -> Effects {
    thread.run {
      defer { effects = Effects() }
      return effects
    }
  }

  /// Lines of the log since this was asked last.
  public func takeLog() -> [String] {
    thread.run {
      defer { log = [] }
      return log
    }
  }

  /// What the module has done that no server allows.
  public var violations: [String] { broken.withLock { $0 } }

  /// How much the module holds of the server's, by kind.
  public var heldHandles: [String: Int] {
    var counts = handles.counts()
    counts["memory"] = blocks.withLock { $0.isEmpty ? nil : $0.count }
    return counts
  }

  /// Has what is under way done, frees all keys, forgets what was set and recorded, and lets a second pass, in which the
  /// module sees that.
  public func reset() {
    thread.run {
      // Work that never ends is no reason to wait for ever.
      var turns = 0
      while turns < 100_000, turn() > 0 || blockedCount > 0 {
        turns += 1
        // Other threads have it.
        usleep(100)
      }
      for name in Array(keys.keys) { removeKey(name) }
      resetInformation()
      setLargestBlock(.max)
      for (_, entry) in configuration where !entry.isImmutable { _ = entry.set(entry.initial) }
      fire(SERVER_EVENT_REPLICA_CHANGE)
      pass(milliseconds: 1000)
      (effects, calls, log) = (Effects(), [], [])
      broken.withLock { $0 = [] }
    }
  }
}
