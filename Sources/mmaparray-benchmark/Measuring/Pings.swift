import Histogram
import LiveServer
import Synchronization

/// A client that sends one `PING` after the other.
enum Pings {
  /// How long so many took, in nanoseconds.
  static func sample(_ count: Int, on server: LiveServer) throws -> Histogram<UInt64> {
    let load = Load(threads: 1, connections: 1, pipeline: 1)
    return try load.run(try Requests([["PING"]]), count: count, on: server).latencies
  }

  /// How long they took while something else was done, by other clients.
  static func beside(_ work: @escaping @Sendable () throws -> Void, on server: LiveServer) throws -> Latencies {
    let isDone = Mutex(false)
    let pings = Mutex(Latencies.none)
    try Threads.run([
      {
        defer { isDone.withLock { $0 = true } }
        try work()
      },
      {
        repeat {
          let sample = try sample(100, on: server)
          pings.withLock { $0.add(sample) }
        } while !isDone.withLock { $0 }
      },
    ])
    return Latencies(pings.withLock { $0 })
  }
}
