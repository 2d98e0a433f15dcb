import Glibc
import MappedArray
import Synchronization

/// Reads ahead of slices that are read one after the other, once one of them has had to wait for the disk. The threads that
/// do the slices wait for it, and the more of it is read at once the less they do.
final class DiskAhead: Sendable {
  /// A slice that is being read.
  struct Slice {
    fileprivate let faults: Int
    fileprivate let next: Range<Int>
    fileprivate let readers: ElementReaders
    fileprivate let size: Int
  }

  private let isCold = Atomic(false)

  /// How many slices are read ahead.
  private static let count = 3

  /// Before a slice is read. Any thread.
  ///
  /// - Parameters:
  ///   - elements: of the slice.
  ///   - size: of one, in bytes.
  func begin(_ elements: Range<Int>, of readers: ElementReaders, size: Int) -> Slice {
    let distance = elements.count * DiskAhead.count
    let slice = Slice(
      faults: DiskAhead.faultCount, next: elements.upperBound..<elements.upperBound + distance, readers: readers,
      size: size)
    if isCold.load(ordering: .relaxed) {
      // Those before it have been begun.
      readers.readAhead(elements.lowerBound + distance..<elements.upperBound + distance, elementSize: size)
    }
    return slice
  }

  /// After it has been read, on the same thread.
  func end(_ slice: Slice) {
    guard !isCold.load(ordering: .relaxed), DiskAhead.faultCount > slice.faults else { return }
    isCold.store(true, ordering: .relaxed)
    slice.readers.readAhead(slice.next, elementSize: slice.size)
  }

  /// How often this thread has had to wait for a page; getrusage(2) with RUSAGE_THREAD.
  private static var faultCount: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(1), &usage)
    return usage.ru_majflt
  }
}
