import MappedArray

/// Computes something of elements that are handed over in slices; the slices of each pass that is not an ordered one are
/// read last to first, as other threads might.
func compute<Computation: RangeComputation>(
  _ computation: Computation, of elements: [Computation.Element], offset: Int = 0, startIndex: Int = 0,
  slice: Int = .max
) -> Computation {
  withView(elements, offset: offset) { view in
    var computation = computation
    while let pass = computation.nextPass() {
      var starts = Array(stride(from: 0, to: view.count, by: min(slice, max(view.count, 1))))
      func read(_ start: Int) -> Computation.Part {
        Computation.read(view.slice(from: start, limit: slice), at: startIndex + start, in: pass)
      }
      guard Computation.isOrdered(pass) else {
        starts.reverse()
        for part in starts.map(read).reversed() { computation.take(part) }
        continue
      }
      for start in starts { computation.take(read(start)) }
    }
    return computation
  }
}
