import MappedArray
import ModuleWork
import Monitors
import ServerModule

/// A job of one kind of work that reads.
// Sendable: the work changes under the lock, or where no slice is being done.
final class ReadingJob<Work: ReadingWork>: WorkerJob, @unchecked Sendable {
  /// What is known so far.
  private struct Progress {
    var work: Work
    /// Parts that came before those of earlier slices, by slice.
    var early: [Int: Work.Part] = [:]
    /// The slice whose part is taken in next.
    var next = 0
    var failure: CommandError?
  }

  private var progress: Progress
  private let monitor = Monitor()
  private let range: Range<Int>
  private let readers: ElementReaders
  private let array: ServedArray
  private let arrays: ArrayRegistry
  private var pass: Work.Pass?
  private var stage: Stage

  private enum Stage {
    case reading, read, replying
  }

  /// - Parameter isRead: whether all has been read, and only the reply is to be made.
  init(
    _ work: Work, over range: Range<Int>, of array: TypedArray<Work.Element>, isRead: Bool, with services: Services
  ) {
    progress = Progress(work: work)
    self.range = range
    self.array = array.served
    stage = isRead ? .read : .reading
    readers = self.array.file.shareElements()
    arrays = services.arrays
    super.init()
    // The array stays mapped until the work is done, whatever becomes of its keys.
    arrays.retain(self.array)
  }

  override func discard() {
    pass = nil
    progress.early = [:]
    progress.work.discard()
  }

  override func finish() {
    // The next command would reply an error for what this one has replied one for.
    if case .array(.fault)? = progress.failure, let failure = progress.failure, (try? array.file.checkFault()) == nil {
      arrays.recover(array, after: failure)
    }
    arrays.release(array)
  }

  override func nextPhase() -> Phase? {
    guard stage != .replying else { return nil }
    do throws(CommandError) {
      if let failure = progress.failure { throw failure }
      if stage == .reading { pass = try progress.work.nextPass() }
    } catch {
      progress.failure = error
      reply.error(error)
      return nil
    }
    if let pass {
      (progress.next, progress.early) = (0, [:])
      return Phase(
        sliceCount: (range.count + Work.sliceCount - 1) / Work.sliceCount, isShared: !Work.isOrdered(pass))
    }
    stage = .replying
    return Phase(sliceCount: progress.work.replyCount, isShared: false)
  }

  override func run(_ slice: Int) {
    guard let pass else { return progress.work.write(slice, to: reply, isRESP3: isRESP3) }
    let start = range.lowerBound + slice * Work.sliceCount
    let elements = start..<min(start + Work.sliceCount, range.upperBound)
    let part: Result<Work.Part, CommandError>
    do throws(MappedArrayError) {
      part = try readers.read(elements, as: Work.Element.self) { (view) -> Result<Work.Part, CommandError> in
        do throws(CommandError) {
          return .success(try Work.read(view, at: start, in: pass))
        } catch {
          return .failure(error)
        }
      }
    } catch {
      part = .failure(.array(error))
    }
    monitor.withLock { take(part, of: slice) }
  }

  /// Takes in a part, and those behind it that were there before it.
  private func take(_ part: Result<Work.Part, CommandError>, of slice: Int) {
    guard progress.failure == nil else { return }
    do throws(CommandError) {
      progress.early[slice] = try part.get()
      while let part = progress.early.removeValue(forKey: progress.next) {
        progress.next += 1
        guard try progress.work.take(part) else {
          // What comes behind it is not wanted.
          progress.next = .max
          return stop()
        }
      }
    } catch {
      progress.failure = error
      stop()
    }
  }
}
