import MappedArray

/// The path of a binding.
///
/// One that comes with saved data or from a master, and can be that of no file below the root, does not stop the
/// server: it is kept as it came and never used, and the key tells what is wrong with it.
enum BoundPath {
  case file(RelativePath)
  case refused([UInt8], MappedArrayError)

  init(_ bytes: RawSpan) {
    self = bytes.withUnsafeBytes { BoundPath($0) }
  }

  init(_ bytes: UnsafeRawBufferPointer) {
    do {
      self = .file(try Module.current.relativePath(bytes))
    } catch {
      self = .refused(Array(bytes), error)
    }
  }

  var bytes: [UInt8] {
    switch self {
    case .file(let path): path.bytes
    case .refused(let bytes, _): bytes
    }
  }

  /// The file below the root.
  ///
  /// - Throws: why there can be none.
  var file: RelativePath {
    get throws(MappedArrayError) {
      switch self {
      case .file(let path): return path
      case .refused(_, let reason): throw reason
      }
    }
  }
}
