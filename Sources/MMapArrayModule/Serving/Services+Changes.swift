import MappedArray
import ServerModule

// What commands call after a change; see `Propagation`.
extension Services {
  /// Elements in `ranges`, which only replicas ask for, have been written, and the count may have changed.
  @inline(__always)
  func changed<Element: MappableElement>(
    _ array: TypedArray<Element>, by call: Call, _ event: StaticString,
    _ ranges: @autoclosure () -> some Sequence<Range<Int>>, reply: some ChangeReply
  ) throws(CommandError) {
    try array.withServed { (array) throws(CommandError) in
      try propagation.changed(array, by: call, event, ranges(), reply: reply)
    }
  }

  /// The count has changed, and nothing else.
  @inline(__always)
  func changed<Element: MappableElement>(
    _ array: TypedArray<Element>, by call: Call, _ event: StaticString, reply: some ChangeReply
  ) throws(CommandError) {
    try changed(array, by: call, event, EmptyCollection(), reply: reply)
  }
}
