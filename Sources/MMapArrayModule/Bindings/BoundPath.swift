import MappedArray

/// The path of a binding.
///
/// One that comes with saved data or from a primary, and can be that of no file below the root, does not stop the
/// server: it is kept as it came and never used, and commands on the key throw what is wrong with it.
enum BoundPath {
  case file(RelativePath)
  case invalid([UInt8], MappedArrayError)

  init(_ bytes: UnsafeRawBufferPointer, below root: borrowing Root) {
    do {
      self = .file(try root.relativePath(bytes))
    } catch {
      self = .invalid(Array(bytes), error)
    }
  }

  var bytes: [UInt8] {
    switch self {
    case .file(let path): path.bytes
    case .invalid(let bytes, _): bytes
    }
  }

  /// The file below the root.
  ///
  /// - Throws: why there can be none.
  var file: RelativePath {
    get throws(MappedArrayError) {
      switch self {
      case .file(let path): return path
      case .invalid(_, let reason): throw reason
      }
    }
  }
}

extension Root {
  /// The absolute path of a binding's file; an invalid path as it is.
  borrowing func absolutePath(_ path: BoundPath) -> [UInt8] {
    guard case .file(let file) = path else { return path.bytes }
    return Array(self.path.string.utf8) + [UInt8(ascii: "/")] + file.bytes
  }

  borrowing func identity(of path: BoundPath) -> FileIdentity? {
    guard case .file(let path) = path else { return nil }
    return identity(of: path)
  }
}
