import CModuleShim
import MappedArray

// What follows every change of an array: watchers and subscribers are told, replicas get it in absolute form, and it is
// flushed if that is wanted before the reply.
extension Call {
  /// Elements in `ranges`, which only replicas ask for, have been written, and the count may have changed.
  @inline(__always)
  func changed<Element: MappableElement>(
    _ array: TypedArray<Element>, _ event: StaticString, _ ranges: @autoclosure () -> some Sequence<Range<Int>>
  ) throws(CommandError) {
    announce(event)
    if Module.current.replication.isRecorded { replicate(array, ranges()) }
    try array.withServed { (array) throws(CommandError) in try flush(array) }
  }

  /// The count has changed, and nothing else.
  @inline(__always)
  func changed<Element: MappableElement>(
    _ array: TypedArray<Element>, _ event: StaticString
  ) throws(CommandError) {
    try changed(array, event, EmptyCollection())
  }

  /// A range has been filled with the value that is the command's last argument.
  func filled<Element: MappableElement>(
    _ array: TypedArray<Element>, _ event: StaticString, _ range: Range<Int>
  ) throws(CommandError) {
    announce(event)
    if Module.current.replication.isRecorded {
      let positions = [range.lowerBound, range.upperBound - 1].map { Array(String($0).utf8) }
      withServerStrings(positions) { strings in
        sendToReplicas("MMAP.FILL", [key] + strings + [argument(4)])
      }
    }
    try array.withServed { (array) throws(CommandError) in try flush(array) }
  }

  /// Flushes a change, or notes that it is to be flushed. A master is not told of a failure: it could not do anything
  /// about it.
  @inline(__always)
  func flush(_ array: ServedArray) throws(CommandError) {
    do throws(CommandError) {
      try Module.current.flusher.changed(array)
    } catch {
      if !has(SERVER_CONTEXT_REPLICATED) { throw error }
    }
  }

  /// Sends `MMAP.APPLY key count [index blob …]`: the count as it is now and the elements as they are now. All that a
  /// command does is in one command, because two would leave an empty transaction in the AOF.
  @inline(never)
  private func replicate<Element: MappableElement>(
    _ array: TypedArray<Element>, _ ranges: some Sequence<Range<Int>>
  ) {
    // What comes from a master goes on to further replicas as it came.
    guard !has(SERVER_CONTEXT_REPLICATED | SERVER_CONTEXT_LOADING) else { return }
    let count = array.elements.count
    var strings = [serverString(count)]
    for range in ranges {
      strings.append(serverString(range.lowerBound))
      strings.append(array.elements.withPackedElements(in: range) { serverString($0) })
    }
    withServerStrings(strings) { sendToReplicas("MMAP.APPLY", [key] + $0) }
    array.served.replication.replicatedCount = count
  }

  private func sendToReplicas(_ command: String, _ arguments: [OpaquePointer?]) {
    var arguments = arguments
    // "A": not to the AOF, the file has it already.
    _ = arguments.withUnsafeMutableBufferPointer {
      server_replicate(context, command, "Av", $0.baseAddress, $0.count)
    }
  }

  /// Tells WATCH, client-side caches and subscribers of keyspace notifications (class `d`).
  func announce(_ event: StaticString) {
    _ = server_SignalModifiedKey(context, key)
    event.withUTF8Buffer { name in
      // A static string ends in a zero byte.
      name.withMemoryRebound(to: CChar.self) { name in
        _ = server_NotifyKeyspaceEvent(context, Int32(SERVER_NOTIFY_MODULE), name.baseAddress, key)
      }
    }
  }
}
