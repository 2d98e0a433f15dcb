import SystemPackage

/// The path of a file below a root: one or more names, none of which is `.`, `..` or empty.
public struct RelativePath: Hashable, Sendable {
  let path: FilePath

  /// The bytes of the path without a final zero. They need not be UTF-8.
  public var bytes: [UInt8] {
    path.withPlatformString { Array(UnsafeRawBufferPointer(start: $0, count: path.length)) }
  }

  /// PATH_MAX less the final zero; a longer path could not be opened.
  static let mostBytes = 4095

  /// Reads a path as it came from outside.
  ///
  /// - Parameter root: the root's absolute path, which an absolute path must begin with.
  init(bytes: UnsafeRawBufferPointer, root: FilePath) throws(MappedArrayError) {
    guard !bytes.isEmpty else { throw .path(.empty) }
    guard bytes.count <= RelativePath.mostBytes else { throw .path(.tooLong(bytes: bytes.count)) }
    guard !bytes.contains(0) else { throw .path(.zeroByte) }
    var path = (Array(bytes) + [0]).withUnsafeBufferPointer { zeroTerminated in
      zeroTerminated.withMemoryRebound(to: CInterop.PlatformChar.self) { characters in
        // The buffer has at least its final zero, so there is a base address.
        characters.baseAddress.map { FilePath(platformString: $0) } ?? FilePath()
      }
    }
    if path.isAbsolute {
      guard path.components.starts(with: root.components) else { throw .path(.outsideRoot(root: root.string)) }
      path = FilePath(root: nil, path.components.dropFirst(root.components.count))
    }
    let components = path.components.filter { $0.kind != .currentDirectory }
    guard !components.contains(where: { $0.kind == .parentDirectory }) else { throw .path(.parentDirectory) }
    guard let first = components.first else { throw .path(.empty) }
    guard first != StagedFile.directory else { throw .path(.reserved) }
    // A final slash asks for a directory.
    guard bytes.last != UInt8(ascii: "/") else { throw .path(.notRegularFile) }
    self.path = FilePath(root: nil, components)
  }

  /// The path of a staged file, which only this library can make.
  init(staged name: String) {
    path = FilePath(root: nil, [StagedFile.directory] + FilePath(name).components)
  }

  /// The same path with something behind its name.
  func appending(_ suffix: String) -> RelativePath { RelativePath(path: FilePath(path.string + suffix)) }

  private init(path: FilePath) { self.path = path }
}
