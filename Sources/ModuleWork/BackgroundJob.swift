import ServerModule

/// Work in slices that goes on after its command, while the client waits.
open class BackgroundJob: BlockedCall {
  /// Does the next slice.
  ///
  /// - Returns: whether more are left.
  open func advance() -> Bool { false }

  /// Does all that is left, and lets the client go on.
  package final func complete() {
    while advance() {}
    unblock()
  }
}
