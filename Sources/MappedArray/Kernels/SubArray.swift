import Glibc

/// What is selected along one dimension, as NumPy's basic slicing has it
/// (https://numpy.org/doc/stable/user/basics.indexing.html).
package enum AxisSelection: Equatable, Sendable {
  /// One index, negative ones from the end; the dimension is gone.
  case index(Int)
  /// Every `step`th from `start` until before `stop`; nil is the end on that side. The step is not 0.
  case slice(start: Int?, stop: Int?, step: Int)

  /// The first index, how far it is to the next one, and how many there are, in a dimension of `size`; nil if there is no
  /// such index.
  func resolved(size: Int) -> (start: Int, step: Int, count: Int)? {
    switch self {
    case .index(let index):
      let index = index < 0 ? index + size : index
      return index >= 0 && index < size ? (index, 1, 1) : nil
    case .slice(let start, let stop, let step):
      let isBackward = step < 0
      // Where an end lies that is not in the dimension.
      let (low, high) = isBackward ? (-1, size - 1) : (0, size)
      func clamped(_ end: Int) -> Int { min(max(end < 0 ? end + size : end, low), high) }
      let first = start.map(clamped) ?? (isBackward ? high : low)
      let end = stop.map(clamped) ?? (isBackward ? low : high)
      let distance = isBackward ? first - end : end - first
      guard distance > 0 else { return (0, 1, 0) }
      let count = (distance - 1) / Int(min(step.magnitude, UInt(Int.max))) + 1
      // The step of a single one could be too large to be counted in elements.
      return (first, count > 1 ? step : 1, count)
    }
  }
}

/// A part of an array of any dimensions, as numbers of its elements: what basic slicing selects, in C order.
package struct SubArray: Sendable {
  private struct Axis {
    var count: Int
    /// From one to the next, in elements.
    var jump: Int
  }

  /// How many elements it has.
  package let count: Int
  /// From the lowest index to behind the highest.
  package let extent: Range<Int>
  /// The index of the first one.
  private let base: Int
  /// All but the innermost dimension; what lies side by side is one.
  private let outer: [Axis]
  private let inner: Axis

  /// Selects from an array of that shape; dimensions behind the last selection are whole.
  ///
  /// - Returns: nil if there are more selections than dimensions, or `failedAxis` has no such index.
  package init?(_ selections: [AxisSelection], shape: [Int], failedAxis: inout Int?) {
    guard selections.count <= shape.count else { return nil }
    var axes: [Axis] = []
    var (base, low, high, count) = (0, 0, 0, 1)
    // In elements; of an array without any it does not matter.
    var stride = 1
    var resolved: [(start: Int, step: Int, count: Int)] = []
    for (number, size) in shape.enumerated() {
      let selection = number < selections.count ? selections[number] : .slice(start: nil, stop: nil, step: 1)
      guard let axis = selection.resolved(size: size) else {
        failedAxis = number
        return nil
      }
      resolved.append(axis)
    }
    if resolved.contains(where: { $0.count == 0 }) {
      (self.count, extent, self.base, outer, inner) = (0, 0..<0, 0, [], Axis(count: 0, jump: 1))
      return
    }
    for (axis, size) in zip(resolved, shape).reversed() {
      base += axis.start * stride
      let (jump, reach) = (axis.step * stride, (axis.count - 1) * axis.step * stride)
      if reach < 0 { low += reach } else { high += reach }
      count *= axis.count
      if axis.count > 1 {
        if let last = axes.last, jump == last.jump * last.count {
          axes[axes.count - 1].count *= axis.count
        } else {
          axes.append(Axis(count: axis.count, jump: jump))
        }
      }
      stride *= size
    }
    self.base = base
    self.count = count
    extent = base + low..<base + high + 1
    inner = axes.first ?? Axis(count: 1, jump: 1)
    outer = Array(axes.dropFirst().reversed())
  }

  /// The indexes, if they are one range.
  package var range: Range<Int>? {
    outer.isEmpty && (inner.jump == 1 || count < 2) ? base..<base + count : nil
  }

  /// How many elements lie side by side at least.
  package var runLength: Int { inner.jump == 1 ? inner.count : 1 }

  /// Calls `body` with the indexes of its elements, in its own order: ranges of what lies side by side.
  ///
  /// - Complexity: O(n) in the ranges.
  package func forEachRun(_ body: (Range<Int>) -> Void) {
    guard count > 0 else { return }
    for row in 0..<count / inner.count {
      let first = offset(ofRow: row)
      if inner.jump == 1 {
        body(first..<first + inner.count)
      } else {
        for index in 0..<inner.count {
          body(first + index * inner.jump..<first + index * inner.jump + 1)
        }
      }
    }
  }

  /// Copies some of its elements.
  ///
  /// - Parameters:
  ///   - part: which of them, counted in its own order.
  ///   - elements: `extent`, of the array that it is of.
  ///   - destination: room for them.
  package func copy<Element: MappableElement>(
    _ part: Range<Int>, of elements: ElementView<Element>, to destination: UnsafeMutableRawPointer
  ) {
    let part = part.clamped(to: 0..<count)
    guard !part.isEmpty, elements.count >= extent.count else { return }
    let size = MemoryLayout<Element>.stride
    var (row, within) = part.lowerBound.quotientAndRemainder(dividingBy: inner.count)
    var target = destination
    var left = part.count
    while left > 0 {
      let number = min(inner.count - within, left)
      let first = offset(ofRow: row) + within * inner.jump - extent.lowerBound
      let source = elements.base + first * size
      if inner.jump == 1 {
        memcpy(target, source, number * size)
      } else {
        let jump = inner.jump * size
        for index in 0..<number {
          let element = source.loadUnaligned(fromByteOffset: index &* jump, as: Element.self)
          target.storeBytes(of: element, toByteOffset: index &* size, as: Element.self)
        }
      }
      target += number * size
      left -= number
      (row, within) = (row + 1, 0)
    }
  }

  /// The index of the first element of one of its innermost rows.
  private func offset(ofRow row: Int) -> Int {
    var (rest, offset) = (row, base)
    for axis in outer.reversed() {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: axis.count)
      offset += remainder * axis.jump
      rest = quotient
    }
    return offset
  }
}
