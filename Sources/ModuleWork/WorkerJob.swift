import ServerModule
import Synchronization

/// Work that is done in phases, each in slices, on any thread, while the client waits.
///
/// A slice takes about a millisecond. Subclasses hold what they work on, and write the reply in their last phases.
// Sendable: `phase` and what is below it is used under the lock of the pool, or on the main thread where there is none; what
// subclasses have, as `run` and `nextPhase` say.
open class WorkerJob: BackgroundCall, @unchecked Sendable {
  /// A number of slices.
  public struct Phase: Sendable {
    let sliceCount: Int
    /// Whether several may be done at the same time.
    let isShared: Bool

    public init(sliceCount: Int, isShared: Bool) {
      self.sliceCount = sliceCount
      self.isShared = isShared
    }
  }

  private let hasStopped = Atomic(false)
  final var phase = Phase(sliceCount: 0, isShared: false)
  /// The slice that is begun next.
  final var next = 0
  /// How many slices are being done.
  final var runningCount = 0
  final var isQueued = false
  final var isCancelled = false
  /// Called at the end, on the main thread.
  final var atEnd: (() -> Void)?

  public override init() { super.init() }

  /// What is to be done after all slices that there were, or the first time; nil: nothing. No slice is being done.
  open func nextPhase() -> Phase? { nil }

  /// Does a slice. Where the phase is shared, others may be done at the same time.
  open func run(_ slice: Int) {}

  /// Gives back the memory that the work took, which may take long. The last that is done for the client.
  open func discard() {}

  /// Begins no other slice of this phase. Any thread.
  public final func stop() { hasStopped.store(true, ordering: .relaxed) }

  /// Whether slices of this phase are left that have not been begun.
  final var hasSlices: Bool { next < phase.sliceCount && !isCancelled && !hasStopped.load(ordering: .relaxed) }

  /// Begins the next slice.
  final func takeSlice() -> Int {
    next += 1
    return next - 1
  }

  /// Begins the next phase; if there is none, ends the job and lets its client go on.
  ///
  /// - Returns: whether there is one.
  final func beginPhase() -> Bool {
    hasStopped.store(false, ordering: .relaxed)
    if !isCancelled, let phase = nextPhase() {
      (self.phase, next) = (phase, 0)
      return true
    }
    discard()
    unblock()
    return false
  }

  public override final func ended() {
    atEnd?()
    finish()
  }

  /// Is called on the main thread at the end, also if the work has been given up.
  open func finish() {}
}

/// Does a job on the main thread, where there are no workers.
package final class MainThreadJob: BackgroundJob {
  private let job: WorkerJob

  package init(_ job: WorkerJob) { self.job = job }

  package override func advance() -> Bool {
    if job.hasSlices {
      job.run(job.takeSlice())
      return true
    }
    return job.beginPhase()
  }
}
