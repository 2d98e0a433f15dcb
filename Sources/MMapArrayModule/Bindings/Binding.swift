import MappedArray
import ServerModule

/// What a key holds: the path of a file, and whether it may be changed by that key.
final class Binding {
  /// The path that the key was bound to. On a replica the file may be under another one, if it has several on the primary.
  let path: BoundPath
  let access: Access
  let file: BoundFile
  private let files: BoundFiles

  /// - Parameter file: one to which `files` has counted this binding.
  init(path: BoundPath, access: Access, to file: BoundFile, of files: BoundFiles) {
    self.path = path
    self.access = access
    self.file = file
    self.files = files
    files.note(path, of: file)
  }

  deinit { files.release(file, boundBy: path) }

  var elementType: ElementType { file.elementType }
  var format: FileFormat { file.layout.format }

  /// Another binding to the same file, for another key.
  func copy() -> Binding {
    files.retain(file)
    return Binding(path: path, access: access, to: file, of: files)
  }

  /// The array, if it is mapped and whole.
  @inline(__always)
  var array: ServedArray? {
    if let array = file.array, array.fault == nil { return array }
    return nil
  }

  @inline(__always)
  var isWritable: Bool { access == .writable }
}

// MARK: - What the server asks

extension Binding {
  /// The heap that the key holds, in bytes: the binding, its path, and its part of the array. What is mapped is not heap.
  var allHeapBytes: Int {
    heapBytes(of: self) + heapBytes(of: file) + path.bytes.count + (file.array?.allHeapBytes ?? 0)
  }

  /// How much work it is to free the key, in the server's unit of one allocation: with the last binding, the pages of the
  /// file are unmapped. Above 64 the server does it on a thread of its own, if it was asked to.
  var freeEffort: Int {
    guard let array = file.array, files.isLastBinding(of: file) else { return 1 }
    return 1 + array.file.mappedBytes / (1 << 16)
  }
}
