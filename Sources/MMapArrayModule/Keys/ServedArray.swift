import CModuleShim
import MappedArray

/// A mapped file that one or more keys are bound to, whatever its element type.
///
/// There is one for each file, so that all keys see one count and one mapping. Commands reach the elements through
/// `TypedArray`.
///
/// Sendable, because the server may free a key on a thread of its own: that thread only drops its reference, under the
/// registry's lock. All else happens on the server's main thread.
final class ServedArray: @unchecked Sendable {
  private let cell: MappedFileCell

  var flush = FlushState()
  var replication: ReplicationState
  var work = WorkState()

  /// What its file is called now, for names under which it was in the way of another.
  private(set) var namesSetAside: [RelativePath: RelativePath] = [:]

  /// Why the file cannot be mapped as this array any more, since a part of it was found to be gone.
  private(set) var fault: MappedArrayError?

  /// Maps an open file.
  init(_ file: consuming ArrayFile) throws(MappedArrayError) {
    let file = try MappedFile(file)
    replication = ReplicationState(replicatedCount: file.count)
    cell = MappedFileCell(file)
  }

  var file: MappedFile {
    @inline(__always) unsafeAddress { UnsafePointer(cell.address) }
    @inline(__always) unsafeMutableAddress { cell.address }
  }

  var elementType: ElementType { file.elementType }
  var format: FileFormat { file.format }
  var identity: FileIdentity { file.identity }

  /// Calls `visitor` with this array as what it is.
  @inline(__always)
  func accept<Visitor: ArrayVisitor>(_ visitor: Visitor) throws(Visitor.Failure) -> Visitor.Result {
    try elementType.accept(Adapter(array: .passUnretained(self), address: cell.address, visitor: visitor))
  }

  private struct Adapter<Visitor: ArrayVisitor>: ElementTypeVisitor {
    let array: Unmanaged<ServedArray>
    let address: UnsafeMutablePointer<MappedFile>
    let visitor: Visitor

    @inline(__always)
    func visit<Element: MappableElement>(_ type: Element.Type) throws(Visitor.Failure) -> Visitor.Result {
      try visitor.visit(TypedArray<Element>(array, address))
    }
  }

  /// This array as one of elements of a type.
  ///
  /// - Precondition: that is the type of its elements.
  func typed<Element: MappableElement>(as type: Element.Type) -> TypedArray<Element> {
    TypedArray(.passUnretained(self), cell.address)
  }

  /// The bytes of heap that it takes. What is mapped is not heap.
  var heapBytes: Int { allocated_size(Unmanaged.passUnretained(self).toOpaque()) + allocated_size(cell.address) }
}

/// A served array whose element type is known. Valid as long as somebody holds the array.
struct TypedArray<Element: MappableElement> {
  // To retain it for every handle, or whenever it is looked at, would be a tenth of a short command.
  private let array: Unmanaged<ServedArray>
  private let address: UnsafeMutablePointer<MappedArray<Element>>

  @inline(__always)
  fileprivate init(_ array: Unmanaged<ServedArray>, _ address: UnsafeMutablePointer<MappedFile>) {
    self.array = array
    self.address = MappedFileCell.array(of: Element.self, at: address)
  }

  var elements: MappedArray<Element> {
    @inline(__always) unsafeAddress { UnsafePointer(address) }
    @inline(__always) nonmutating unsafeMutableAddress { address }
  }

  /// What needs no element type.
  var served: ServedArray { array.takeUnretainedValue() }

  /// The same for what every command does.
  @inline(__always)
  func withServed<Failure: Error>(_ body: (ServedArray) throws(Failure) -> Void) throws(Failure) {
    try array._withUnsafeGuaranteedRef { (array) -> Result<Void, Failure> in
      do throws(Failure) { return .success(try body(array)) } catch { return .failure(error) }
    }.get()
  }
}

/// Work on an array that is written once for all element types.
protocol ArrayVisitor {
  associatedtype Result
  associatedtype Failure: Error = Never
  func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(Failure) -> Result
}

extension ServedArray {
  /// A part of the file is gone, or was: maps it again as it now is.
  func recover() {
    do {
      try file.reload()
      fault = nil
    } catch {
      fault = error
    }
  }

  /// How many elements there are now, new ones in a raw file included.
  func count() throws(MappedArrayError) -> Int {
    try file.refresh()
    return file.count
  }

  /// What is known of it now, new elements in a raw file included.
  func info() throws(MappedArrayError) -> ArrayInfo {
    try file.refresh()
    return file.info
  }

  /// Gives the file up, whoever still refers to the array: it can be mapped anew.
  ///
  /// What no flush has been asked for is flushed, and nobody waits for it.
  func retire() {
    if flush.isDirty { Flusher.flushUnwatched(self) }
    file.retire()
  }

  /// The file has been renamed, because it was in the way of another.
  func setAside(_ old: RelativePath, as new: RelativePath) {
    namesSetAside = namesSetAside.mapValues { $0 == old ? new : $0 }
    namesSetAside[old] = new
    if file.path == old { file.rename(to: new) }
  }

  /// Reads packed elements from the file; zeros where it ends before or cannot be read.
  func readPacked(at index: Int, into buffer: UnsafeMutableRawBufferPointer) {
    do {
      try file.readPacked(at: index, into: buffer)
    } catch {
      buffer.initializeMemory(as: UInt8.self, repeating: 0)
      log(nil, .warning, "a part of an array is saved as zeros: \(error)")
    }
  }

  /// Calls `body` with the packed elements, piece by piece. The pieces of equal arrays are equal.
  func forEachPiece(_ body: (UnsafeRawBufferPointer) -> Void) throws(MappedArrayError) {
    try file.refresh()
    let size = Slice.bytes / file.elementSize
    for start in stride(from: 0, to: file.count, by: size) {
      file.withPackedElements(in: start..<start + size) { body($0) }
      try file.checkFault()
    }
  }
}
