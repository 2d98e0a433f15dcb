import ServerModule
import Synchronization

/// Memory for results in the making, which clients have not got yet. Any thread.
final class WorkMemory: Sendable {
  private struct State {
    var inUse = 0
    /// What may be in use at all.
    var most = Int.max
    var refusalCount = 0
  }

  private let state = Mutex(State())

  /// How many bytes are in use, and how often there was too little.
  var totals: (inUse: Int, refusalCount: Int) { state.withLock { ($0.inUse, $0.refusalCount) } }

  /// Looks how much the server may use. Main thread.
  func update(_ context: Context) {
    let unused = context.unusedMemory
    state.withLock { state in state.most = unused.map { state.inUse + $0 } ?? .max }
  }

  /// Notes that so many bytes are used.
  ///
  /// - Returns: false if the server may not use as many.
  func reserve(_ bytes: Int) -> Bool {
    state.withLock { state in
      guard bytes <= state.most - state.inUse else {
        state.refusalCount += 1
        return false
      }
      state.inUse += bytes
      return true
    }
  }

  func release(_ bytes: Int) { state.withLock { $0.inUse -= bytes } }

  /// A command has been refused for another limit.
  func refuse() { state.withLock { $0.refusalCount += 1 } }
}

/// The part of that memory that one result has, which it gives back at the latest at the end of its life.
// Sendable: used by one thread at a time.
final class ReservedMemory: @unchecked Sendable {
  private let memory: WorkMemory
  private var bytes = 0

  init(_ memory: WorkMemory) { self.memory = memory }

  deinit { giveBack() }

  /// What it was for is with the client, or not needed any more.
  func giveBack() {
    memory.release(bytes)
    bytes = 0
  }

  func add(_ count: Int) throws(CommandError) {
    guard memory.reserve(count) else { throw .outOfMemory }
    bytes += count
  }
}
