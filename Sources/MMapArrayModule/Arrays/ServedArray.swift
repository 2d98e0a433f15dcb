import MappedArray
import ModuleWork
import ServerModule

/// A mapped array that one or more keys are bound to, whatever its element type.
///
/// There is one for each file, so that all keys see one count and one mapping. What needs no element type is done with
/// its `file`; commands get it as a `TypedArray`.
///
/// Sendable, because the server may free a key on a thread of its own: that thread only drops its reference, under the
/// registry's lock. All else happens on the server's main thread.
final class ServedArray: @unchecked Sendable {
  // Kept here too, because each command asks for it.
  let elementType: ElementType
  private let cell: MappedFileCell

  var flush = FlushState()
  var replication = ReplicationState()
  /// A change that is carried out in slices, of which there are some left.
  var unfinishedChange: (any UnfinishedChange)? { didSet { updateBusy() } }
  /// Those that wait for its end, in the order in which they came.
  var parkedChanges: [ParkedCall] = [] { didSet { updateBusy() } }
  /// Whether there is any of these. Each change asks.
  private(set) var isBusy = false

  /// What it is called on all nodes: by the first of its file's names that a key was bound to. nil until one is.
  var name: ArrayName?

  /// Why the file cannot be mapped as this array any more, since a part of it was found to be gone.
  private(set) var fault: MappedArrayError?

  /// Maps an open file.
  init(_ file: consuming ArrayFile) throws(MappedArrayError) {
    elementType = file.elementType
    cell = MappedFileCell(try MappedFile(file))
    noteReplicated(count: self.file.count)
  }

  var file: MappedFile {
    // The cell lives as long as this object.
    @inline(__always) unsafeAddress { UnsafePointer(cell.address) }
    @inline(__always) unsafeMutableAddress { cell.address }
  }

  private func updateBusy() { isBusy = unfinishedChange != nil || !parkedChanges.isEmpty }

  var format: FileFormat { file.format }
  var identity: FileIdentity { file.identity }

  /// Bytes of heap that it takes. What is mapped is not heap.
  var allHeapBytes: Int { heapBytes(of: self) + heapBytes(at: cell.address) }

  /// Calls `visitor` with this array as what it is.
  @inline(__always)
  func accept<Visitor: ArrayVisitor>(_ visitor: Visitor) throws(Visitor.Failure) -> Visitor.Result {
    try elementType.accept(Adapter(array: .passUnretained(self), address: cell.address, visitor: visitor))
  }

  private struct Adapter<Visitor: ArrayVisitor>: ElementTypeVisitor {
    // Held by whoever calls `accept`; to retain it here would be a tenth of a short command.
    let array: Unmanaged<ServedArray>
    let address: UnsafeMutablePointer<MappedFile>
    let visitor: Visitor

    @inline(__always)
    func visit<Element: MappableElement>(_ type: Element.Type) throws(Visitor.Failure) -> Visitor.Result {
      try visitor.visit(TypedArray<Element>(array, address))
    }
  }
}

/// Work on an array that is written once for all element types.
protocol ArrayVisitor {
  associatedtype Result
  associatedtype Failure: Error = Never
  func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(Failure) -> Result
}

/// A served array whose element type is known. Valid as long as somebody holds the array.
struct TypedArray<Element: MappableElement> {
  // As in `Adapter`.
  private let array: Unmanaged<ServedArray>
  private let address: UnsafeMutablePointer<MappedArray<Element>>

  @inline(__always)
  fileprivate init(_ array: Unmanaged<ServedArray>, _ address: UnsafeMutablePointer<MappedFile>) {
    self.array = array
    self.address = MappedFileCell.array(of: Element.self, at: address)
  }

  /// - Precondition: `Element` is the type of the array's elements, as `ServedArray.accept` chooses it.
  init(_ served: ServedArray) { self.init(.passUnretained(served), served.address) }

  /// What needs no element type.
  var served: ServedArray { array.takeUnretainedValue() }

  /// Calls `body` with what needs no element type. In short commands that costs less than `served`.
  @inline(__always)
  func withServed<Result, Failure: Error>(
    _ body: (ServedArray) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try array.borrow(body)
  }

  var elements: MappedArray<Element> {
    @inline(__always) unsafeAddress { UnsafePointer(address) }
    @inline(__always) nonmutating unsafeMutableAddress { address }
  }
}

extension ServedArray {
  fileprivate var address: UnsafeMutablePointer<MappedFile> { cell.address }
}

// MARK: - Faults

extension ServedArray {
  /// A part of the file is gone, or was: maps it again as it now is.
  func recover() {
    do throws(MappedArrayError) {
      try file.reload()
      fault = nil
    } catch {
      fault = error
    }
  }
}

/// A change of an array that is carried out in slices.
protocol UnfinishedChange: AnyObject {
  /// Does all that is left, as part of a command on the array that comes next.
  func complete(_ context: Context)

  /// Does all that is left, and sends replicas nothing of it: the server ends.
  func completeUnsent()

  /// Does no more: this server is a replica now, and decides nothing.
  func abandon()
}

// MARK: - Contents

extension ServedArray {
  /// How many elements there are now, new ones in a raw file included.
  func count() throws(MappedArrayError) -> Int {
    try file.refresh()
    return file.count
  }

  /// Calls `body` with the packed elements, piece by piece. The pieces of equal arrays are equal.
  func forEachPiece(_ body: (UnsafeRawBufferPointer) -> Void) throws(MappedArrayError) {
    try file.refresh()
    let size = SliceSize.bytes / file.elementSize
    for start in stride(from: 0, to: file.count, by: size) {
      file.withPackedElements(in: start..<start + size) { body($0) }
      try file.checkFault()
    }
  }
}
