import MappedArray
import ServerModule

/// What follows every change of an array: watchers and subscribers are notified, replicas get it in absolute form, and the
/// reply is made, after a flush if that is wanted.
final class Propagation {
  let stream: ReplicationStream
  let backfill: Backfill
  let foreignChanges: ForeignChanges
  private let flusher: Flusher

  init(_ stream: ReplicationStream, _ backfill: Backfill, _ foreignChanges: ForeignChanges, _ flusher: Flusher) {
    self.stream = stream
    self.backfill = backfill
    self.foreignChanges = foreignChanges
    self.flusher = flusher
  }

  /// Elements in `ranges`, which only replicas ask for, have been written, and the count may have changed.
  @inline(__always)
  func changed(
    _ array: ServedArray, by call: Call, _ event: StaticString, _ ranges: @autoclosure () -> some Sequence<Range<Int>>,
    reply: some ChangeReply
  ) throws(CommandError) {
    call.context.notifyKeyspace(event, call.key)
    if stream.isPropagating { propagate(array, ranges(), for: call) }
    try self.reply(reply, to: call, after: array)
  }

  /// Replies a change, after a flush if that is wanted.
  @inline(__always)
  func reply(_ reply: some ChangeReply, to call: Call, after array: ServedArray) throws(CommandError) {
    if flusher.noteChange(of: array) { return try flusher.reply(reply, to: call, after: array) }
    reply.write(to: call.reply)
  }

  /// Sends what a long fill has filled: `MMAP.REFILL key name start stop value`.
  func sendFill(of array: ServedArray, _ context: Context, _ range: Range<Int>, with value: [UInt8]) {
    guard array.replication.isAnnounced, let name = array.name else { return backfill.announce(array, context) }
    if !array.replication.gap.isEmpty { sendGap(of: array, name, context) }
    var words = CommandWords()
    words.append(array.replication.key)
    words.append(name)
    words.append(integer: range.lowerBound)
    words.append(integer: range.upperBound - 1)
    words.append(value)
    context.propagate("MMAP.REFILL", words, to: .replicas)
    array.noteReplicated(changedFrom: range.lowerBound)
  }

  /// Sends the count as it is now, for a command on `key`.
  func sendCount(of array: ServedArray, _ context: Context, key: [UInt8]) {
    guard array.replication.isAnnounced else { return backfill.announce(array, context) }
    var words = CommandWords()
    words.append(key)
    let changed = appendChange(EmptyCollection(), of: array, to: &words)
    context.propagate("MMAP.APPLY", words, to: .replicas)
    array.noteReplicated(changedFrom: changed)
  }

  private func sendGap(of array: ServedArray, _ name: ArrayName, _ context: Context) {
    var words = CommandWords()
    words.append(array.replication.key)
    words.append(name)
    words.append(integer: array.replication.gap.lowerBound)
    array.file.withPackedElements(in: array.replication.gap) { words.append($0) }
    context.propagate("MMAP.BACKFILL", words, to: .replicas)
    array.replication.gap = 0..<0
  }

  /// Flushes a change at once, or notes that it is to be flushed.
  @inline(__always)
  func flush(_ array: ServedArray, for call: Call) throws(CommandError) {
    if flusher.noteChange(of: array) { try flusher.flush(array, for: call) }
  }

  /// Propagates `MMAP.APPLY key count [index blob …]`: the count as it is now and the elements as they are now. All that a
  /// command does is in one command, because two would leave an empty transaction in the AOF. Not to the AOF: the file
  /// has it already.
  @inline(never)
  private func propagate(_ array: ServedArray, _ ranges: some Sequence<Range<Int>>, for call: Call) {
    guard !call.origin.isReplay else { return }
    guard array.replication.isAnnounced else { return backfill.announce(array, call.context) }
    var words = CommandWords(call.key)
    let changed = appendChange(ranges, of: array, to: &words)
    call.context.propagate("MMAP.APPLY", words, to: .replicas)
    array.noteReplicated(changedFrom: changed)
  }

  /// - Returns: the first element that has been changed.
  private func appendChange(
    _ ranges: some Sequence<Range<Int>>, of array: ServedArray, to words: inout CommandWords
  ) -> Int {
    words.append(integer: array.file.count)
    let gap = array.replication.gap.clamped(to: 0..<array.file.count)
    if !gap.isEmpty { append(gap, of: array, to: &words) }
    var changed = array.file.count
    for range in ranges {
      append(range, of: array, to: &words)
      changed = min(changed, range.lowerBound)
    }
    return changed
  }

  private func append(_ range: Range<Int>, of array: ServedArray, to words: inout CommandWords) {
    words.append(integer: range.lowerBound)
    array.file.withPackedElements(in: range) { words.append($0) }
  }
}
