import MappedArray
import ModuleWork
import ServerModule

/// A change of an array that may be long, done in slices so that other clients are served in between.
///
/// Each slice is sent to replicas as it is done, so that what they have is what is here, whatever becomes of the rest. The
/// client gets its reply after the last one: then all is done here, and sent.
protocol SlicedChange<Element>: ChangeReply {
  associatedtype Element: MappableElement

  /// What subscribers of keyspace notifications are told at the end.
  static var event: StaticString { get }

  /// Does the next slice.
  ///
  /// - Returns: whether more are left.
  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool

  /// The elements that the next slice stores into; none if it stores into none.
  var next: Range<Int> { get }

  /// Whether the next slice is not the last one, as far as is known before it is done.
  var isLong: Bool { get }

  /// Sends replicas what has been done since the last time, by a command on `key`, which may be gone after the first slice.
  mutating func send(_ array: ServedArray, _ context: Context, key: [UInt8], with propagation: Propagation)
}

extension SlicedChange {
  var next: Range<Int> { 0..<0 }

  var isLong: Bool { false }
}

extension Services {
  /// Does a change: at once if it is little or if the call cannot wait, otherwise while the client is blocked.
  func perform<Change: SlicedChange>(
    _ change: Change, on array: TypedArray<Change.Element>, for call: Call
  ) throws(CommandError) {
    var change = change
    let isMore = if change.isLong { true } else { try change.advance(array) }
    if isMore {
      if call.mayBlock {
        let job = ChangeJob(change, on: array, by: call, with: self)
        if job.start(call) { return }
      }
      while try change.advance(array) {}
    }
    if stream.isPropagating, !call.origin.isReplay {
      change.send(array.served, call.context, key: Array(call.key.bytes), with: propagation)
    }
    call.context.notifyKeyspace(Change.event, call.key)
    try propagation.reply(change, to: call, after: array.served)
  }
}

/// A change that goes on in the event loop's time, behind its command.
private final class ChangeJob<Change: SlicedChange>: BlockedCall, UnfinishedChange, FlushWaiter {
  private var change: Change
  private let array: ServedArray
  private let key: [UInt8]
  private let services: Services
  private var failure: CommandError?
  private var isOver = false
  /// Whether the pages of the next slice have just been made ready.
  private var isPrepared = false

  /// Between two looks whether replicas may be sent something again, in milliseconds.
  private static var pause: Int { 5 }

  init(_ change: Change, on array: TypedArray<Change.Element>, by call: Call, with services: Services) {
    self.change = change
    self.array = array.served
    key = Array(call.key.bytes)
    self.services = services
    super.init()
    // The array stays mapped until the work is done, whatever becomes of its keys.
    services.arrays.retain(self.array)
  }

  deinit { services.arrays.release(array) }

  /// Lets the client wait.
  ///
  /// - Returns: false if it cannot wait.
  func start(_ call: Call) -> Bool {
    guard block(call) else { return false }
    array.unfinishedChange = self
    services.unfinishedChanges.append(self)
    noteSlice(call.context)
    schedule(call.context, afterMilliseconds: 0)
    return true
  }

  private func schedule(_ context: Context, afterMilliseconds milliseconds: Int) {
    context.schedule(afterMilliseconds: milliseconds) { [self] context in turn(context) }
  }

  private func turn(_ context: Context) {
    guard !isOver else { return }
    let watch = Stopwatch()
    defer { watch.report("mmaparray-slice") }
    // What replicas cannot be sent now is not done now either.
    if services.stream.isPropagating, Context.mustAvoidReplicaTraffic {
      return schedule(context, afterMilliseconds: ChangeJob.pause)
    }
    if preparesNext() { return }
    if advance() {
      noteSlice(context)
      schedule(context, afterMilliseconds: 0)
    } else {
      finish(context)
    }
  }

  /// Has the pages of the next slice be made ready.
  ///
  /// - Returns: whether the work goes on after that.
  private func preparesNext() -> Bool {
    guard !isPrepared else {
      isPrepared = false
      return false
    }
    return services.prepares(change.next, of: array) { [self] in
      isPrepared = true
      // In a turn of its own, as what is propagated belongs to one.
      if !isOver { waitingContext.schedule(afterMilliseconds: 0) { [self] context in turn(context) } }
    }
  }

  func complete(_ context: Context) {
    guard !isOver else { return }
    while advance() {}
    finish(context)
  }

  func completeUnsent() {
    guard !isOver else { return }
    while advance() {}
    // A failure is logged and counted.
    if services.flusher.noteChange(of: array) { try? services.flusher.flush(array) }
    end()
    unblock()
  }

  func abandon() {
    guard !isOver else { return }
    end()
    unblock()
  }

  private func advance() -> Bool {
    do throws(CommandError) {
      return try change.advance(TypedArray(array))
    } catch {
      services.arrays.recover(array, after: error)
      failure = error
      return false
    }
  }

  private func noteSlice(_ context: Context) {
    if services.stream.isPropagating { change.send(array, context, key: key, with: services.propagation) }
    context.signalModified(key: key)
  }

  private func finish(_ context: Context) {
    noteSlice(context)
    context.notifyKeyspace(Change.event, key: key)
    end()
    guard services.flusher.noteChange(of: array) else { return unblock() }
    if let flush = services.flusher.sharedFlush(of: array) { return flush.add(self) }
    do throws(CommandError) {
      try services.flusher.flush(array)
    } catch {
      failure = failure ?? error
    }
    unblock()
  }

  func flushEnded(_ failure: MappedArrayError?) {
    if let failure { self.failure = self.failure ?? .array(failure) }
    unblock()
  }

  private func end() {
    isOver = true
    array.unfinishedChange = nil
    services.unfinishedChanges.removeAll { $0 === self }
    services.parking.resumeChanges(of: array)
  }

  override func reply(to call: Call) {
    if let failure {
      call.reply.error(failure)
    } else {
      change.write(to: call.reply)
    }
  }
}
