import CSystemCalls
import Glibc

/// A part of a file that is to be read.
package struct DiskPart {
  /// Where it is in the file.
  package let bytes: Range<Int>
  /// Where a page of it is of which nobody has asked whether it is in memory: then nothing is read. nil: it is known to be
  /// missing.
  package let doubtfulPage: Int?
  /// Whether nothing had to be read.
  package fileprivate(set) var wasInMemory = false

  package init(_ bytes: Range<Int>, doubtfulPage: Int? = nil) {
    self.bytes = bytes
    self.doubtfulPage = doubtfulPage
  }
}

/// Parts of a file that are to be read, so that they are in memory; or something else that waits for the disk.
// Sendable: the closures are the main thread's, what else changes is used under the lock of the readers.
package final class DiskRead: @unchecked Sendable {
  /// Its own, which is closed at the end.
  private let file: Int32
  /// What is done in place of reading. The main thread's, before and after.
  var errand: (@Sendable () -> Void)?
  /// What has not been begun, last to first.
  var rest: [DiskPart]
  /// How many parts are being read.
  var runningCount = 0
  var isFinished = false
  /// What has been read.
  package internal(set) var parts: [DiskPart] = []
  /// Called at the end, on the main thread, unless it is cancelled.
  var done: (() -> Void)?
  /// Called before that.
  var afterwards: (([DiskPart]) -> Void)?

  /// How much one thread reads at once, in bytes.
  package static var mostBytes: Int { 256 << 10 }

  /// - Parameters:
  ///   - parts: in any order.
  ///   - file: a descriptor, which is closed at the end.
  ///   - afterwards: is called with what has been read, on the main thread.
  package init(_ parts: [DiskPart], of file: Int32, afterwards: (([DiskPart]) -> Void)? = nil) {
    self.file = file
    self.afterwards = afterwards
    rest = []
    for part in parts.reversed() {
      for start in stride(from: part.bytes.lowerBound, to: part.bytes.upperBound, by: DiskRead.mostBytes).reversed() {
        let end = min(start + DiskRead.mostBytes, part.bytes.upperBound)
        rest.append(DiskPart(start..<end, doubtfulPage: part.doubtfulPage))
      }
    }
  }

  /// - Parameter errand: what is done once, by one thread.
  package init(errand: @escaping @Sendable () -> Void) {
    file = -1
    self.errand = errand
    rest = [DiskPart(0..<0)]
  }

  deinit { if file >= 0 { close(file) } }

  /// Has the kernel begin to read a part, without waiting; posix_fadvise(2).
  func begin(_ part: inout DiskPart) {
    guard errand == nil else { return }
    look(for: &part)
    if !part.wasInMemory {
      _ = posix_fadvise(file, off_t(part.bytes.lowerBound), off_t(part.bytes.count), POSIX_FADV_WILLNEED)
    }
  }

  /// Finds out whether a part must be read.
  func look(for part: inout DiskPart) {
    if let page = part.doubtfulPage { part.wasInMemory = read_without_waiting(file, Int64(page)) == 0 }
  }

  /// Reads a part, unless that is not needed. What cannot be read is left out: whoever uses it finds out why.
  func read(_ part: DiskPart, into buffer: UnsafeMutableRawBufferPointer) {
    errand?()
    if part.wasInMemory { return }
    var start = part.bytes.lowerBound
    while start < part.bytes.upperBound {
      let count = pread(file, buffer.baseAddress, min(part.bytes.upperBound - start, buffer.count), off_t(start))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      start += count
    }
  }
}
