/// Work that is written once for arrays of all element types: see ``MappedFile/accept(_:)``.
public protocol MappedArrayVisitor: ~Copyable {
  associatedtype Result
  associatedtype Failure: Error = Never
  consuming func visit<Element: MappableElement>(_ array: consuming MappedArray<Element>) throws(Failure) -> Result
}

extension MappedFile {
  /// Hands the file over as the array that it is. Its type is looked at once: what `visitor` does with the array is compiled
  /// for each.
  public consuming func accept<Visitor: MappedArrayVisitor & ~Copyable>(
    _ visitor: consuming Visitor
  ) throws(Visitor.Failure) -> Visitor.Result {
    let elementType = elementType
    return try elementType.accept(Handover(file: self, visitor: visitor))
  }
}

/// Finds the element type as a type, and makes the array.
private struct Handover<Visitor: MappedArrayVisitor & ~Copyable>: ElementTypeVisitor, ~Copyable {
  typealias Result = Visitor.Result
  typealias Failure = Visitor.Failure

  let file: MappedFile
  let visitor: Visitor

  init(file: consuming MappedFile, visitor: consuming Visitor) {
    self.file = file
    self.visitor = visitor
  }

  consuming func visit<Element: MappableElement>(_ type: Element.Type) throws(Failure) -> Result {
    try visitor.visit(MappedArray<Element>(of: file))
  }
}
