/// Something that is computed of a range of elements, in one or more passes over it.
///
///     while let pass = computation.nextPass() {
///       for slice in slices { computation.take(Computation.read(slice, at: index, in: pass)) }
///     }
///
/// What is found in a slice is a part. Parts are taken in in the order of the elements, and slices may be read anywhere
/// and in any order, but for those of an ordered pass. Every slice but the last must be a multiple of
/// `ElementView.blockCount` elements: then the result is the same to the last bit for every slicing.
public protocol RangeComputation<Element>: Sendable {
  associatedtype Element: AggregatableElement
  /// What all slices of a pass need to know.
  associatedtype Pass: Sendable
  /// What is found in a slice.
  associatedtype Part: Sendable

  /// How many bytes of memory what is computed takes at most, beside the parts of slices that are being read.
  var mostBytes: Int { get }

  /// Begins the next pass over the range; nil if all has been read that is needed.
  mutating func nextPass() -> Pass?

  /// Whether the slices of a pass must be read one after the other, first to last.
  static func isOrdered(_ pass: Pass) -> Bool

  /// Reads a slice, whose first element has this index in the array. Any thread.
  static func read(_ slice: ElementView<Element>, at index: Int, in pass: Pass) -> Part

  /// Takes in the next part.
  mutating func take(_ part: Part)
}

extension RangeComputation {
  public static func isOrdered(_ pass: Pass) -> Bool { false }
}
