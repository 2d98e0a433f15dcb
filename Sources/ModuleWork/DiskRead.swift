import Glibc

/// Parts of a file that are to be read, so that they are in memory.
// Sendable: `rest` and what is below it is used under the lock of the readers, `done` on the main thread.
package final class DiskRead: @unchecked Sendable {
  /// Its own, which is closed at the end.
  let file: Int32
  /// What has not been begun, last to first, in bytes.
  var rest: [Range<Int>]
  /// How many parts are being read.
  var runningCount = 0
  /// Called at the end, on the main thread, unless it is cancelled.
  var done: (() -> Void)?
  /// Called before that.
  var afterwards: (() -> Void)?

  /// How much one thread reads at once, in bytes.
  package static var mostBytes: Int { 256 << 10 }

  /// - Parameters:
  ///   - parts: in bytes, in any order.
  ///   - file: a descriptor, which is closed at the end.
  ///   - afterwards: is called on the main thread when all has been read, whoever waits for it.
  package init(_ parts: [Range<Int>], of file: Int32, afterwards: (() -> Void)? = nil) {
    self.file = file
    self.afterwards = afterwards
    rest = []
    for part in parts.reversed() {
      for start in stride(from: part.lowerBound, to: part.upperBound, by: DiskRead.mostBytes).reversed() {
        rest.append(start..<min(start + DiskRead.mostBytes, part.upperBound))
      }
    }
  }

  deinit { close(file) }

  /// Reads a part. What cannot be read is left out: whoever uses it finds out why.
  func read(_ part: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) {
    var start = part.lowerBound
    while start < part.upperBound {
      let count = pread(file, buffer.baseAddress, min(part.upperBound - start, buffer.count), off_t(start))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      start += count
    }
  }
}
