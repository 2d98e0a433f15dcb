import MappedArray
import ServerModule

/// What follows every change of an array: watchers and subscribers are notified, replicas get it in absolute form, and it
/// is flushed if that is wanted before the reply.
final class Propagation {
  let stream: ReplicationStream
  let backfill: Backfill
  private let flusher: Flusher

  init(_ stream: ReplicationStream, _ backfill: Backfill, _ flusher: Flusher) {
    self.stream = stream
    self.backfill = backfill
    self.flusher = flusher
  }

  /// Elements in `ranges`, which only replicas ask for, have been written, and the count may have changed.
  @inline(__always)
  func changed(
    _ array: ServedArray, by call: Call, _ event: StaticString, _ ranges: @autoclosure () -> some Sequence<Range<Int>>
  ) throws(CommandError) {
    call.context.notifyKeyspace(event, call.key)
    if stream.isPropagating { propagate(array, ranges(), for: call) }
    try flush(array, for: call)
  }

  /// The count has changed, and nothing else.
  @inline(__always)
  func changed(_ array: ServedArray, by call: Call, _ event: StaticString) throws(CommandError) {
    try changed(array, by: call, event, EmptyCollection())
  }

  /// A range, which is not empty, has been filled with a value.
  func filled(
    _ array: ServedArray, by call: Call, _ event: StaticString, _ range: Range<Int>, with value: Argument
  ) throws(CommandError) {
    call.context.notifyKeyspace(event, call.key)
    // What comes from a primary goes on to further replicas as it came.
    if stream.isPropagating, !call.origin.isReplay {
      var words = CommandWords(call.key)
      words.append(integer: range.lowerBound)
      words.append(integer: range.upperBound - 1)
      words.append(value.bytes)
      call.context.propagate("MMAP.FILL", words, to: .replicas)
    }
    try flush(array, for: call)
  }

  /// Flushes a change, or notes that it is to be flushed. A primary is not told of a failure: it could not do anything
  /// about it.
  @inline(__always)
  func flush(_ array: ServedArray, for call: Call) throws(CommandError) {
    do throws(CommandError) {
      try flusher.changed(array)
    } catch {
      if call.origin != .primary { throw error }
    }
  }

  /// Propagates `MMAP.APPLY key count [index blob …]`: the count as it is now and the elements as they are now. All that a
  /// command does is in one command, because two would leave an empty transaction in the AOF. Not to the AOF: the file
  /// has it already.
  @inline(never)
  private func propagate(_ array: ServedArray, _ ranges: some Sequence<Range<Int>>, for call: Call) {
    guard !call.origin.isReplay else { return }
    var words = CommandWords(call.key)
    words.append(integer: array.file.count)
    for range in ranges {
      words.append(integer: range.lowerBound)
      array.file.withPackedElements(in: range) { words.append($0) }
    }
    call.context.propagate("MMAP.APPLY", words, to: .replicas)
    array.replication.count = array.file.count
  }
}
