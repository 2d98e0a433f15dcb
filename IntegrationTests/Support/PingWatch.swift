import Dispatch
import Glibc
import LiveServer
import MappedArrayClient
import Synchronization

/// A client that sends `PING` all the time, and notes how long the longest reply took. To be told, not to be asserted.
final class PingWatch: Sendable {
  private struct State {
    var isDone = false
    var count = 0
    var longest = Duration.zero
  }

  private let state = Mutex(State())
  private let group = DispatchGroup()

  init(_ server: LiveServer) {
    let address = server.address
    DispatchQueue.global().async(group: group) { [self] in
      guard let connection = try? Connection(to: address, timeout: LiveServer.patience) else { return }
      while !state.withLock({ $0.isDone }) {
        let begin = ContinuousClock.now
        guard (try? connection.send(["PING"])) != nil else { return }
        let time = ContinuousClock.now - begin
        state.withLock { state in
          state.count += 1
          state.longest = max(state.longest, time)
        }
        usleep(1000)
      }
    }
  }

  /// Ends it.
  ///
  /// - Returns: how many replies there were, and how long the longest took.
  func end() -> (count: Int, longest: Duration) {
    state.withLock { $0.isDone = true }
    group.wait()
    return state.withLock { ($0.count, $0.longest) }
  }
}
