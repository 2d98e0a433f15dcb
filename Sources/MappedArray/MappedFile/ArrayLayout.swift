/// What a file's bytes mean, as whoever maps it must know it: the type of the elements, whether there is a header, and how
/// many elements are a row of a raw file. A header says that itself.
package struct ArrayLayout: Hashable, Sendable {
  package let elementType: ElementType
  package let format: FileFormat
  /// Elements in a row of a raw file; nil for one dimension, and for a file with a header.
  package let columns: Int?

  package init(_ elementType: ElementType, _ format: FileFormat, columns: Int? = nil) {
    self.elementType = elementType
    self.format = format
    self.columns = format == .raw ? columns : nil
  }
}
