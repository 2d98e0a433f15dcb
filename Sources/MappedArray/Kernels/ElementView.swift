import CFaultGuard

/// Packed little-endian elements in memory that may begin at any byte, such as the data of a mapped file.
///
/// A view owns nothing: the memory must stay mapped while the view is in use. Its contents may change under a kernel
/// (another process writes the file); results are then those of some mixture, but nothing traps.
@_documentation(visibility: internal)
public struct ElementView<Element: BitwiseCopyable> {
  /// The first byte of the first element; no alignment is asked of it.
  public let base: UnsafeRawPointer

  /// How many elements there are; never negative.
  public let count: Int

  /// Views `count` elements from `base`; a negative count is taken as 0.
  public init(base: UnsafeRawPointer, count: Int) {
    self.base = base
    self.count = max(count, 0)
  }

  /// How many elements a kernel handles at once: 64 KiB of them. A range gives the same result to the last bit however it
  /// was sliced, as long as every slice but the last is a multiple of this.
  @inlinable
  public static var blockCount: Int { 65_536 / MemoryLayout<Element>.stride }

  /// The element at `index`, which must be in `0..<count`.
  ///
  /// Not checked: kernels call this in loops bounded by `count`, and a check would keep those from being vectorised.
  @inlinable
  @inline(__always)
  public subscript(index: Int) -> Element {
    base.loadUnaligned(fromByteOffset: index &* MemoryLayout<Element>.stride, as: Element.self)
  }

  /// Reads a byte of each page, so that what cannot be had is known to be gone.
  public func touch() {
    for offset in stride(from: 0, to: count &* MemoryLayout<Element>.stride, by: 4096) {
      fault_guard_touch(base + offset)
    }
    if count > 0 { fault_guard_touch(base + (count &* MemoryLayout<Element>.stride &- 1)) }
  }

  /// The elements from `start` on, at most `limit` of them; what lies outside the view is left out.
  @inlinable
  public func slice(from start: Int, limit: Int) -> ElementView {
    let first = min(max(start, 0), count)
    return ElementView(
      base: base + first &* MemoryLayout<Element>.stride,
      count: min(limit, count &- first)
    )
  }

  /// Calls `body` with consecutive slices of `size` elements (the last may be shorter) and the offset of each, until it
  /// returns false.
  @inline(__always)
  func forEachSlice(of size: Int, _ body: (ElementView, Int) -> Bool) {
    var offset = 0
    while offset < count, body(slice(from: offset, limit: size), offset) {
      offset &+= size
    }
  }
}
