import ServerModule

/// Work in slices that goes on after its command, while the client waits.
class Job: BlockedCall {
  /// Does the next slice.
  ///
  /// - Returns: whether more are left.
  func advance() -> Bool { false }

  /// Whether this is a change that counts as done already.
  var isUnfinishedChange: Bool { false }

  /// Does all that is left, and lets the client go on.
  final func complete() {
    while advance() {}
    unblock()
  }
}
