import MappedArray

/// Tells work that knows where rows begin whether they still begin there: a file may be mapped anew meanwhile.
struct RowShape: Sendable {
  private let readers: ElementReaders
  private let shape: ArraySlice<Int>

  init<Element: MappableElement>(_ array: TypedArray<Element>) {
    readers = array.elements.shareElements()
    shape = readers.rowShape
  }

  /// To be called when a slice has been read. Any thread.
  func check() throws(CommandError) {
    guard readers.rowShape == shape else {
      throw .argument("the file has been mapped anew with other rows while it was read; try again")
    }
  }
}
