import Dispatch
import Glibc
import LiveServer
import MappedArrayClient
import Synchronization
import Testing

/// Clients that write to arrays of a cluster, each on a thread of its own, while something happens to it.
final class ClusterWriters: Sendable {
  /// What is known of an array.
  struct Progress {
    /// Elements that were acknowledged: 1, 2, 3 …
    var acknowledged = 0
    /// The indexes of those that a replica has acknowledged too.
    var replicated: [Int] = []
  }

  private struct State {
    var isDone = false
    var progress: [String: Progress] = [:]
    var failures: [String] = []
  }

  private let state = Mutex(State())

  /// Runs a client for each group of keys until `body` is done, and for as long as each key lacks the least number of
  /// elements; returns how far they have come. `step` writes the element at an index, and returns whether a replica has
  /// it too.
  static func run(
    _ keys: [[String]], least: Int = 20, on cluster: LiveCluster,
    writing step: @escaping @Sendable (ClusterConnection, String, Int) throws -> Bool,
    during body: () throws -> Void
  ) throws -> [String: Progress] {
    let writers = ClusterWriters()
    let group = DispatchGroup()
    for keys in keys {
      writers.state.withLock { state in for key in keys { state.progress[key] = Progress() } }
      DispatchQueue.global().async(group: group) { writers.write(keys, least, cluster, step) }
    }
    let result = Result {
      try eventually("all keys have elements") {
        writers.state.withLock { $0.progress.values.allSatisfy { $0.acknowledged > 0 } }
      }
      try body()
    }
    writers.state.withLock { $0.isDone = true }
    group.wait()
    try result.get()
    return writers.state.withLock { state in
      #expect(state.failures == [])
      return state.progress
    }
  }

  private func write(
    _ keys: [String], _ least: Int, _ cluster: LiveCluster,
    _ step: (ClusterConnection, String, Int) throws -> Bool
  ) {
    do {
      let client = try ClusterConnection(to: cluster.addresses)
      var index = 0
      while index < least || !state.withLock({ $0.isDone }) {
        for key in keys {
          let isReplicated = try step(client, key, index)
          state.withLock { state in
            state.progress[key]?.acknowledged += 1
            if isReplicated { state.progress[key]?.replicated.append(index) }
          }
        }
        index += 1
      }
    } catch {
      state.withLock { $0.failures.append("\(error)") }
    }
  }
}
