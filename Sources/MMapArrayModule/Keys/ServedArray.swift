import MappedArray

/// A mapped array that one or more keys are bound to, whatever its element type.
///
/// There is one for each file, so that all keys see one count and one mapping. Commands reach the elements through
/// `TypedArray`, which is what every served array is.
///
/// Sendable, because the server may free a key on a thread of its own: that thread only drops its reference, under the
/// registry's lock. All else happens on the server's main thread.
class ServedArray: @unchecked Sendable {
  final let elementType: ElementType
  final let format: FileFormat
  final let identity: FileIdentity

  /// A change that counts as done and is still being carried out.
  final var unfinishedChange: Job?
  /// Whether there are changes that no flush has been asked for.
  final var isDirty = false
  /// Whether a flush is under way.
  final var isFlushing = false
  /// Why the last flush failed; nothing is changed until one succeeds.
  final var flushFailure: MappedArrayError?
  /// Whether replicas have been told of it, or get it with a full synchronisation.
  final var isReplicated = false
  /// How many elements of a raw file replicas know of, or will with what is on its way to them.
  final var replicatedCount = 0

  /// A key that it is bound to, or was before that was renamed. In a cluster both are in one slot, and what follows a slot
  /// that moves is told by a key.
  final var key: [UInt8] = []

  /// What its file is called now, for names under which it was in the way of another.
  final private(set) var namesSetAside: [RelativePath: RelativePath] = [:]

  /// Why the file cannot be mapped as this array any more, since a part of it was found to be gone.
  final private(set) var fault: MappedArrayError?

  fileprivate init(elementType: ElementType, format: FileFormat, identity: FileIdentity) {
    self.elementType = elementType
    self.format = format
    self.identity = identity
  }

  /// Maps an open file.
  static func make(_ file: consuming ArrayFile) throws(MappedArrayError) -> ServedArray {
    let type = file.elementType
    return try type.accept(Maker(file: file))
  }

  private struct Maker: ElementTypeVisitor, ~Copyable {
    let file: ArrayFile

    consuming func visit<Element: MappableElement>(_ type: Element.Type) throws(MappedArrayError) -> ServedArray {
      try TypedArray<Element>(file)
    }
  }

  /// Calls `visitor` with this array as what it is.
  @inline(__always)
  final func accept<Visitor: ArrayVisitor>(_ visitor: Visitor) throws(Visitor.Failure) -> Visitor.Result {
    try elementType.accept(Adapter(array: self, visitor: visitor))
  }

  private struct Adapter<Visitor: ArrayVisitor>: ElementTypeVisitor {
    // Held by whoever calls `accept`; to retain it here would be a tenth of a short command.
    unowned(unsafe) let array: ServedArray
    let visitor: Visitor

    @inline(__always)
    func visit<Element: MappableElement>(_ type: Element.Type) throws(Visitor.Failure) -> Visitor.Result {
      // `make` is the only way to an array, and it chose the class by this very type.
      try visitor.visit(unsafeDowncast(array, to: TypedArray<Element>.self))
    }
  }
}

/// What `MMAP.INFO` tells of an array. Sizes are in bytes.
struct ArrayFacts {
  let count: Int
  let shape: [Int]
  let capacity: Int
  let mappedBytes: Int
  let residentBytes: Int
}

/// A served array whose element type is known.
final class TypedArray<Element: MappableElement>: ServedArray, @unchecked Sendable {
  var elements: MappedArray<Element>

  fileprivate init(_ file: consuming ArrayFile) throws(MappedArrayError) {
    let (format, identity) = (file.format, file.identity)
    elements = try MappedArray<Element>(file)
    super.init(elementType: Element.elementType, format: format, identity: identity)
    replicatedCount = elements.count
  }

  // Not by an assignment: Swift 6.3 does not destroy the old value of this property then, and its descriptor and mapping
  // would stay.
  fileprivate func replaceElements(by new: consuming MappedArray<Element>) {
    var old = new
    swap(&elements, &old)
  }
}

// MARK: - What needs no elements

extension ServedArray {
  /// A part of the file is gone, or was: maps it again as it now is.
  final func recover() {
    do {
      try accept(Reloader())
      fault = nil
    } catch {
      fault = error
    }
  }

  private struct Reloader: ArrayVisitor {
    func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(MappedArrayError) {
      try array.elements.reload()
    }
  }

  /// How many elements there are now, new ones in a raw file included.
  func count() throws(MappedArrayError) -> Int {
    try accept(Counter())
  }

  private struct Counter: ArrayVisitor {
    func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(MappedArrayError) -> Int {
      try array.elements.refresh()
      return array.elements.count
    }
  }

  /// Cuts off the room behind the elements: the server ends.
  func trim() throws(MappedArrayError) {
    try accept(Trimmer())
  }

  private struct Trimmer: ArrayVisitor {
    func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(MappedArrayError) {
      try array.elements.trim()
    }
  }

  /// Gives the file up, whoever still refers to the array: it can be mapped anew.
  ///
  /// What no flush has been asked for is flushed, and nobody waits for it.
  func retire() {
    if isDirty { Flusher.flushUnwatched(self) }
    accept(Retirer())
  }

  private struct Retirer: ArrayVisitor {
    func visit<Element: MappableElement>(_ array: TypedArray<Element>) { array.elements.retire() }
  }

  /// The dimensions, rows first.
  var shape: [Int] { accept(ShapeReader()) }

  private struct ShapeReader: ArrayVisitor {
    func visit<Element: MappableElement>(_ array: TypedArray<Element>) -> [Int] { array.elements.shape }
  }

  /// Reads packed elements from the file; zeros where it ends before or cannot be read.
  func readPacked(at index: Int, into buffer: UnsafeMutableRawBufferPointer) {
    accept(PackedReader(index: index, buffer: buffer))
  }

  private struct PackedReader: ArrayVisitor {
    let index: Int
    let buffer: UnsafeMutableRawBufferPointer

    func visit<Element: MappableElement>(_ array: TypedArray<Element>) {
      do {
        try array.elements.readPacked(at: index, into: buffer)
      } catch {
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        log(nil, .warning, "a part of an array is saved as zeros: \(error)")
      }
    }
  }

  /// The file has been renamed, because it was in the way of another.
  final func setAside(_ old: RelativePath, as new: RelativePath) {
    namesSetAside = namesSetAside.mapValues { $0 == old ? new : $0 }
    namesSetAside[old] = new
    if path == old { rename(to: new) }
  }

  /// The file has been renamed.
  func rename(to path: RelativePath) { accept(Renamer(path: path)) }

  private struct Renamer: ArrayVisitor {
    let path: RelativePath

    func visit<Element: MappableElement>(_ array: TypedArray<Element>) { array.elements.rename(to: path) }
  }

  /// Flushes the file to the disk and waits for it.
  func synchronize() throws(MappedArrayError) {
    try accept(Synchronizer())
  }

  private struct Synchronizer: ArrayVisitor {
    func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(MappedArrayError) {
      try array.elements.synchronize()
    }
  }

  /// Another descriptor of the file, which the caller closes; nil if there are too many.
  func duplicateDescriptor() -> Int32? { accept(DescriptorReader()) }

  private struct DescriptorReader: ArrayVisitor {
    func visit<Element: MappableElement>(_ array: TypedArray<Element>) -> Int32? {
      array.elements.duplicateDescriptor()
    }
  }

  /// The error that a flush by somebody else ended with; nil for 0.
  func flushError(_ code: Int32) -> MappedArrayError? { accept(FlushErrorMaker(code: code)) }

  private struct FlushErrorMaker: ArrayVisitor {
    let code: Int32

    func visit<Element: MappableElement>(_ array: TypedArray<Element>) -> MappedArrayError? {
      array.elements.flushError(code)
    }
  }

  /// The path under which the file was opened first.
  var path: RelativePath { accept(PathReader()) }

  private struct PathReader: ArrayVisitor {
    func visit<Element: MappableElement>(_ array: TypedArray<Element>) -> RelativePath { array.elements.path }
  }

  /// What is known of the array, new elements in a raw file included.
  func facts() throws(MappedArrayError) -> ArrayFacts {
    try accept(FactReader())
  }

  private struct FactReader: ArrayVisitor {
    func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(MappedArrayError) -> ArrayFacts {
      try array.elements.refresh()
      return ArrayFacts(
        count: array.elements.count, shape: array.elements.shape, capacity: array.elements.capacity,
        mappedBytes: array.elements.mappedBytes, residentBytes: array.elements.residentBytes)
    }
  }

  /// Calls `body` with the packed elements, piece by piece. The pieces of equal arrays are equal.
  func forEachPiece(_ body: (UnsafeRawBufferPointer) -> Void) throws(MappedArrayError) {
    try withoutActuallyEscaping(body) { body throws(MappedArrayError) in try accept(PieceReader(body: body)) }
  }

  private struct PieceReader: ArrayVisitor {
    let body: (UnsafeRawBufferPointer) -> Void

    func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(MappedArrayError) {
      try array.elements.refresh()
      let size = Slice.bytes / MemoryLayout<Element>.stride
      for start in stride(from: 0, to: array.elements.count, by: size) {
        array.elements.withPackedElements(in: start..<start + size) { body($0) }
        try array.elements.checkFault()
      }
    }
  }

  var access: Access { accept(AccessReader()) }

  private struct AccessReader: ArrayVisitor {
    func visit<Element: MappableElement>(_ array: TypedArray<Element>) -> Access { array.elements.access }
  }

  /// Bytes of the file that the mapping covers.
  var mappedBytes: Int { accept(SizeReader()) }

  private struct SizeReader: ArrayVisitor {
    func visit<Element: MappableElement>(_ array: TypedArray<Element>) -> Int { array.elements.mappedBytes }
  }

  /// Maps the same file again with the access of `file`.
  func remap(_ file: consuming ArrayFile) throws(MappedArrayError) {
    try elementType.accept(Remapper(array: self, file: file))
  }

  private struct Remapper: ElementTypeVisitor, ~Copyable {
    let array: ServedArray
    let file: ArrayFile

    consuming func visit<Element: MappableElement>(_ type: Element.Type) throws(MappedArrayError) {
      // As in `Adapter`. `MappedArray` checks that the file still has this type.
      try unsafeDowncast(array, to: TypedArray<Element>.self).replaceElements(by: MappedArray(file))
    }
  }
}

/// Work on an array that is written once for all element types.
protocol ArrayVisitor {
  associatedtype Result
  associatedtype Failure: Error = Never
  func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(Failure) -> Result
}
