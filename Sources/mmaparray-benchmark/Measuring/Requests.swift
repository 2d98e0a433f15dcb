import MappedArrayClient

/// Requests that are formatted before anything is measured. Sent over and over, from the first to the last.
struct Requests: Sendable {
  let bytes: [UInt8]
  /// Where in `bytes` each request ends.
  let ends: [Int]

  init(_ commands: [[Argument]]) throws {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for command in commands {
      bytes += try Connection.format(command)
      ends.append(bytes.count)
    }
    self.bytes = bytes
    self.ends = ends
  }

  /// Where in `bytes` the requests from `first` on are, at most `count` of them, and how many these are.
  func batch(from first: Int, count: Int) -> (bytes: Range<Int>, count: Int) {
    let last = min(first + count, ends.count)
    return ((first == 0 ? 0 : ends[first - 1])..<ends[last - 1], last - first)
  }
}
