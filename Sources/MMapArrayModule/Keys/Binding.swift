import CModuleShim
import MappedArray

/// What a key holds: the path of a file and how it is mapped. Its array is there as long as the file can be mapped.
final class Binding {
  private let boundPath: BoundPath
  let elementType: ElementType
  let format: FileFormat
  let access: Access
  private(set) var state: State

  enum State {
    case attached(ServedArray)
    /// The file could not be mapped when the binding was loaded; each command tries again.
    case detached(MappedArrayError)
  }

  /// The path that the key is bound to, as the file is called now.
  var path: BoundPath {
    guard case .attached(let array) = state, case .file(let file) = boundPath else { return boundPath }
    return .file(array.namesSetAside[file] ?? file)
  }

  /// Binds to an array that the registry has counted this binding for.
  init(path: RelativePath, access: Access, array: ServedArray) {
    boundPath = .file(path)
    self.access = access
    elementType = array.elementType
    format = array.format
    state = .attached(array)
  }

  /// Binds to a file that is looked for now, and again later if it is not there or does not fit.
  init(path: BoundPath, elementType: ElementType, format: FileFormat, access: Access) {
    boundPath = path
    self.elementType = elementType
    self.format = format
    self.access = access
    state = .detached(.path(.empty))
    attach()
    if case .attached(let array) = state, access == .writable { array.replication.isReplicated = true }
  }

  /// Binds to a file that could not be had.
  init(_ path: RelativePath, _ elementType: ElementType, _ format: FileFormat, missing reason: MappedArrayError) {
    boundPath = .file(path)
    self.elementType = elementType
    self.format = format
    access = .writable
    state = .detached(reason)
  }

  deinit {
    guard case .attached(let array) = state else { return }
    state = .detached(.path(.empty))
    Module.current.arrays.release(array)
  }

  /// The array, after another try to map the file if it is not mapped.
  @inline(__always)
  func array(for call: Call) throws(CommandError) -> ServedArray {
    if case .attached(let array) = state, array.fault == nil { return array }
    return try attachedArray(for: call)
  }

  @inline(never)
  private func attachedArray(for call: Call) throws(CommandError) -> ServedArray {
    if case .attached(let array) = state {
      array.recover()
      // What replicas have is not what it holds now.
      array.replication.isReplicated = false
      if array.fault != nil { replace(array) }
    } else {
      attach()
    }
    switch state {
    case .attached(let array):
      if let fault = array.fault { throw .detached(path: quoted(path.bytes), reason: fault) }
      call.announceAttached(self, of: array)
      return array
    case .detached(let reason): throw .detached(path: quoted(path.bytes), reason: reason)
    }
  }

  /// The file has lost a part: another one that has taken its place by now is the array from now on.
  private func replace(_ array: ServedArray) {
    guard let identity = Module.current.identity(of: path), identity != array.identity else { return }
    Module.current.arrays.release(array)
    attach()
  }

  private func attach() {
    do {
      state = .attached(try Module.current.open(path.file, for: request))
    } catch {
      state = .detached(error)
    }
  }

  /// The file must be there and be what it was: nothing is created.
  private var request: MappingRequest {
    MappingRequest(elementType: elementType, format: format, access: access)
  }

  /// Another binding to the same file, for another key.
  func copy() -> Binding {
    guard case .attached(let array) = state, case .file(let file) = path else {
      return Binding(path: path, elementType: elementType, format: format, access: access)
    }
    Module.current.arrays.retain(array)
    return Binding(path: file, access: access, array: array)
  }

  /// The heap that the key holds, in bytes: the binding, its path, and its part of the array. What is mapped is not heap.
  var heapBytes: Int {
    let array =
      if case .attached(let array) = state { array.heapBytes } else { 0 }
    return allocated_size(Unmanaged.passUnretained(self).toOpaque()) + path.bytes.count + array
  }

  /// How much work it is to free the key, in the server's unit of one allocation: with the last binding, the pages of the
  /// file are unmapped. Above 64 the server does it on a thread of its own, if it was asked to.
  var freeEffort: Int {
    guard case .attached(let array) = state, Module.current.arrays.isLastBinding(of: array) else { return 1 }
    return 1 + array.file.mappedBytes / (1 << 16)
  }

  /// What `MMAP` must be given behind the key to make this binding anew.
  var mappingArguments: [[UInt8]] {
    let words = [elementType.name] + (format == .raw ? ["RAW"] : []) + (access == .readOnly ? ["READONLY"] : [])
    return [path.bytes] + words.map { Array($0.utf8) }
  }

  /// The same for another server. The file may have several names here; there it has one. With the shape of the array it
  /// is made anew there.
  func mappingArguments(elsewhere array: ServedArray, makingShape: Bool) -> [[UInt8]] {
    let shape = makingShape ? ["SHAPE"] + array.file.shape.map(String.init) : []
    return [array.file.path.bytes] + mappingArguments.dropFirst() + shape.map { Array($0.utf8) }
  }
}
