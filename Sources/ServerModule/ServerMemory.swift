import CModuleShim

/// A block of the server's heap, which counts as memory that the server uses. Any thread.
public final class ServerMemory: Sendable {
  // Whoever uses the bytes sees to it that nobody writes where another reads.
  nonisolated(unsafe) public let bytes: UnsafeMutableRawBufferPointer

  /// - Returns: nil if there is no such memory; the server's own allocations would end it then.
  public init?(byteCount: Int) {
    guard byteCount >= 0, let start = server_TryAlloc(max(byteCount, 1)) else { return nil }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  deinit { server_Free(bytes.baseAddress) }
}

extension Context {
  /// How many bytes more the server may use before it refuses commands that need memory; nil if there is no such limit,
  /// or it would evict keys instead. Main thread.
  ///
  /// - Complexity: O(1); tens of microseconds if there is a limit.
  public var unusedMemory: Int? {
    guard server_GetUsedMemoryRatio() > 0, let memory = information("memory"),
      let most = memory.integer("maxmemory"), most > 0, memory["maxmemory_policy"] == "noeviction"
    else { return nil }
    return max(0, most - (memory.integer("used_memory") ?? 0))
  }

  /// Tells the server's latency monitor that `event` has held the main thread so long. It keeps what is more than
  /// `latency-monitor-threshold`. Main thread.
  public static func addLatency(_ event: StaticString, milliseconds: Int) {
    server_LatencyAddSample(event.cString, Int64(milliseconds))
  }
}
