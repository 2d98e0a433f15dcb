import Foundation
import LiveServer
import MappedArrayClient
import Synchronization

/// A client that sends one command over and over, while something else is measured.
final class OtherClient: Sendable {
  private struct State {
    var isStopped = false
    var count = 0
    var failure: (any Error)?
  }

  private let state = Mutex(State())
  private let group = DispatchGroup()

  /// Returns as soon as the first command is on its way.
  init(sending command: [Argument], to server: LiveServer) throws {
    let bytes = try Connection.format(command)
    let address = server.address
    let begun = DispatchSemaphore(value: 0)
    group.enter()
    Thread { [self] in
      do {
        try run(bytes, Connection(to: address, timeout: LiveServer.patience, protocolVersion: .resp2), begun)
      } catch {
        state.withLock { $0.failure = error }
        begun.signal()
      }
      group.leave()
    }.start()
    begun.wait()
  }

  private func run(_ bytes: [UInt8], _ connection: Connection, _ begun: DispatchSemaphore) throws {
    repeat {
      try connection.append(formatted: bytes.span.bytes)
      try connection.flush()
      begun.signal()
      guard try connection.discardReplies(1) == 0 else {
        throw BenchmarkError.noFigure("what goes on beside: it fails")
      }
      state.withLock { $0.count += 1 }
    } while !state.withLock { $0.isStopped }
  }

  /// How many replies it has had.
  ///
  /// - Throws: what has stopped it.
  func count() throws -> Int {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      return state.count
    }
  }

  /// Ends it with the reply to its last command.
  func stop() throws {
    state.withLock { $0.isStopped = true }
    group.wait()
    _ = try count()
  }
}
