import Glibc
import ServerModule

/// Keeps the server's event loop turning, and calls a function each time, after the clients that were found ready. A timer
/// would come a millisecond later.
package final class Pulse {
  private let body: () -> Void
  /// Watches the reading end of a pipe that always has a byte in it.
  private var end: ReadableDescriptor?

  /// - Parameter body: is called on the main thread, in each turn from `start` to `stop`.
  package init(_ body: @escaping () -> Void) { self.body = body }

  /// - Returns: false if the server has no room for it.
  package func start() -> Bool {
    if end == nil { end = makeEnd() }
    return end?.start() == true
  }

  package func stop() { end?.stop() }

  private func makeEnd() -> ReadableDescriptor? {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var byte: UInt8 = 0
    guard write(ends[1], &byte, 1) == 1 else {
      for end in ends { close(end) }
      return nil
    }
    return ReadableDescriptor(ends[0]) { [unowned self] in body() }
  }
}
