import Glibc
import ServerModule

extension Services {
  /// From now on every child that the server forks knows what it is to save; pthread_atfork(3).
  static func observeForks() {
    pthread_atfork(
      { Services.withCurrent { $0.prepareFork() } }, nil,
      { Services.withCurrent { $0.beginChild() } })
  }

  /// The child that is forked now may save for a replica: from now on changes must be sent.
  private func prepareFork() {
    guard isOnMainThread else { return }
    saving.prepareChild(isAwaited: stream.update(.none), node: staging.note.node)
  }

  private func beginChild() {
    guard isOnMainThread else { return }
    saving.beginChild(movesSlots: stream.slotExportCount > 0)
  }

  /// Whether this is the thread on which the server runs, and which it forks to save.
  private var isOnMainThread: Bool { pthread_equal(pthread_self(), mainThread) != 0 }
}
