import Foundation
import Synchronization

/// Work at the same time.
enum Threads {
  /// Does each of these on a thread of its own, or a single one on the caller's, and waits for all.
  ///
  /// - Throws: the first error of one of them.
  static func run(_ work: [@Sendable () throws -> Void]) throws {
    guard work.count > 1 else {
      for part in work { try part() }
      return
    }
    let failures = Mutex<[any Error]>([])
    let group = DispatchGroup()
    for part in work {
      group.enter()
      Thread {
        do { try part() } catch { failures.withLock { $0.append(error) } }
        group.leave()
      }.start()
    }
    group.wait()
    if let failure = failures.withLock({ $0.first }) { throw failure }
  }
}
