import Monitors

/// What other threads read a file's elements through, while its owner goes on with it.
///
/// A mapping stays as long as somebody reads it. Before the file is made shorter, its owner waits for those that read
/// what goes. Elements may change while they are read, as they may by other programs.
public final class ElementReaders: @unchecked Sendable {
  private let monitor = Monitor()
  // All of these with the lock only.
  private var memory: MappedMemory
  private var elements: UnsafeRawPointer
  /// How many bytes of elements may be read.
  private var readableBytes: Int
  /// How far those read that are reading, in bytes.
  private var ends: [Int] = []
  private var path: String

  fileprivate init(_ file: borrowing MappedFile) {
    memory = file.mapping.memory
    elements = UnsafeRawPointer(file.elements)
    readableBytes = file.count * file.elementSize
    path = file.path.path.string
  }

  /// Calls `body` with a view of a range of elements, cut to those that may be read. The view is valid only during the
  /// call, which should take no longer than the owner may have to wait. Any thread.
  ///
  /// - Throws: `.fault` if a part of the file is gone.
  public func read<Element: MappableElement, Result>(
    _ range: Range<Int>, as type: Element.Type, _ body: (ElementView<Element>) -> Result
  ) throws(MappedArrayError) -> Result {
    let stride = MemoryLayout<Element>.stride
    monitor.lock()
    let range = range.clamped(to: 0..<readableBytes / stride)
    let (memory, start) = (memory, elements + range.lowerBound * stride)
    let end = range.isEmpty ? 0 : range.upperBound * stride
    ends.append(end)
    monitor.unlock()
    let result = body(ElementView(base: start, count: range.count))
    monitor.lock()
    ends.firstIndex(of: end).map { _ = ends.remove(at: $0) }
    let hasFailed = memory.hasFailed
    let path = path
    monitor.notifyAll()
    monitor.unlock()
    guard !hasFailed else { throw .fault(path: path) }
    return result
  }

  /// From now on so many bytes of elements may be read. Waits for those that read more.
  fileprivate func limit(to bytes: Int) {
    monitor.withLock {
      readableBytes = bytes
      while ends.contains(where: { $0 > bytes }) { monitor.wait() }
    }
  }

  /// The file is mapped anew, or has more elements. Those that are reading go on with what they have.
  fileprivate func update(_ file: borrowing MappedFile) {
    monitor.withLock {
      memory = file.mapping.memory
      elements = UnsafeRawPointer(file.elements)
      readableBytes = file.count * file.elementSize
      path = file.path.path.string
    }
  }
}

extension MappedFile {
  /// What other threads may read the elements through that there are now. It belongs to the file, which must be kept
  /// until they are done.
  public mutating func shareElements() -> ElementReaders {
    let readers = readers ?? ElementReaders(self)
    readers.update(self)
    self.readers = readers
    return readers
  }

  /// Before the file is cut to `size` bytes: waits until nobody reads what goes.
  func waitForReaders(beyond size: Int) { readers?.limit(to: min(max(size - dataOffset, 0), count * elementSize)) }

  /// After the mapping or, by another program, the count has changed.
  func updateReaders() { readers?.update(self) }
}
