import MappedArray
import ServerModule

/// What a key holds: the path of a file and how it is mapped. Its array is there as long as the file can be mapped.
final class Binding {
  private let arrays: ArrayRegistry
  private let boundPath: BoundPath
  let elementType: ElementType
  let format: FileFormat
  let access: Access
  private(set) var state: State
  /// Whether replicas have what they need to know since it was attached.
  var isPropagated = true

  enum State {
    case attached(ServedArray)
    /// The file could not be mapped when the binding was loaded; each command tries again.
    case detached(MappedArrayError)
  }

  /// Binds to an array that the registry has counted this binding for.
  init(path: RelativePath, access: Access, array: ServedArray, in arrays: ArrayRegistry) {
    self.arrays = arrays
    boundPath = .file(path)
    self.access = access
    elementType = array.elementType
    format = array.format
    state = .attached(array)
  }

  /// Binds to a file that is looked for now, and again later if it is not there or does not fit.
  init(path: BoundPath, elementType: ElementType, format: FileFormat, access: Access, in arrays: ArrayRegistry) {
    self.arrays = arrays
    boundPath = path
    self.elementType = elementType
    self.format = format
    self.access = access
    state = .detached(.path(.empty))
    attach()
    if case .attached(let array) = state, access == .writable { array.replication.isReplicated = true }
  }

  /// Binds to a file that could not be had.
  init(
    _ path: RelativePath, _ elementType: ElementType, _ format: FileFormat, missing reason: MappedArrayError,
    in arrays: ArrayRegistry
  ) {
    self.arrays = arrays
    boundPath = .file(path)
    self.elementType = elementType
    self.format = format
    access = .writable
    state = .detached(reason)
  }

  deinit {
    if case .attached(let array) = state { arrays.release(array) }
  }

  /// The path that the key is bound to, as the file is called now.
  var path: BoundPath {
    guard case .attached(let array) = state, case .file(let file) = boundPath else { return boundPath }
    return .file(array.name(of: file))
  }

  /// Another binding to the same file, for another key.
  func copy() -> Binding {
    guard case .attached(let array) = state, case .file(let file) = path else {
      return Binding(path: path, elementType: elementType, format: format, access: access, in: arrays)
    }
    arrays.retain(array)
    return Binding(path: file, access: access, array: array, in: arrays)
  }
}

// MARK: - The array

extension Binding {
  /// The array, if it is mapped and whole, and nothing is left to do for it.
  @inline(__always)
  var array: ServedArray? {
    if isPropagated, case .attached(let array) = state, array.fault == nil { return array }
    return nil
  }

  /// The array, if it is mapped and whole, and replicas have yet to know.
  var unpropagatedArray: ServedArray? {
    if !isPropagated, case .attached(let array) = state, array.fault == nil { return array }
    return nil
  }

  @inline(__always)
  var isWritable: Bool { access == .writable }

  /// Tries again to map a file that was not there, or has lost a part.
  func attachAgain() throws(CommandError) -> ServedArray {
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
      return array
    case .detached(let reason): throw .detached(path: quoted(path.bytes), reason: reason)
    }
  }

  /// The file has lost a part: another one that has taken its place by now is the array from now on.
  private func replace(_ array: ServedArray) {
    guard let identity = arrays.root.identity(of: path), identity != array.identity else { return }
    arrays.release(array)
    attach()
  }

  /// The file must be there and be what it was: nothing is created.
  private func attach() {
    do {
      let request = MappingRequest(elementType: elementType, format: format, access: access)
      state = .attached(try arrays.open(path.file, for: request))
    } catch {
      state = .detached(error)
    }
  }
}

// MARK: - What the server asks

extension Binding {
  /// The heap that the key holds, in bytes: the binding, its path, and its part of the array. What is mapped is not heap.
  var allHeapBytes: Int {
    let array = if case .attached(let array) = state { array.allHeapBytes } else { 0 }
    return heapBytes(of: self) + path.bytes.count + array
  }

  /// How much work it is to free the key, in the server's unit of one allocation: with the last binding, the pages of the
  /// file are unmapped. Above 64 the server does it on a thread of its own, if it was asked to.
  var freeEffort: Int {
    guard case .attached(let array) = state, arrays.isLastBinding(of: array) else { return 1 }
    return 1 + array.file.mappedBytes / (1 << 16)
  }
}
