import SystemPackage

/// The path of a file below a root: one or more names, none of which is `.`, `..` or empty.
///
/// Or any other path, of a file that was opened without a root: see `init(ofProgram:)`.
package struct RelativePath: Hashable, Sendable {
  let path: FilePath

  /// The bytes of the path without a final zero. They need not be UTF-8.
  package var bytes: [UInt8] { path.bytes }

  /// The path as text; what is not UTF-8 is replaced.
  package var text: String { path.string }

  /// PATH_MAX less the final zero; a longer path could not be opened.
  static let mostBytes = 4095
  /// NAME_MAX: how long one name of it may be.
  private static let mostNameBytes = 255

  /// Reads a path as it came from outside.
  ///
  /// - Parameter root: the root's absolute path, which an absolute path must begin with.
  init(bytes: UnsafeRawBufferPointer, root: FilePath) throws(MappedArrayError) {
    guard !bytes.isEmpty else { throw .path(.empty) }
    guard bytes.count <= RelativePath.mostBytes else { throw .path(.tooLong(bytes: bytes.count)) }
    guard !bytes.contains(0) else { throw .path(.zeroByte) }
    // By hand: taking a FilePath to its components and back takes time that grows with the square of their number.
    let slash = UInt8(ascii: "/")
    var names = bytes.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
    if bytes.first == slash {
      let rootNames = root.bytes.split(separator: slash)
      guard names.starts(with: rootNames, by: { $0.elementsEqual($1) }) else {
        throw .path(.outsideRoot(root: root.string))
      }
      names.removeFirst(rootNames.count)
    }
    guard !names.contains(where: { $0.elementsEqual("..".utf8) }) else { throw .path(.parentDirectory) }
    guard let first = names.first else { throw .path(.empty) }
    guard !first.elementsEqual(StagedFile.directory.string.utf8) else { throw .path(.reserved) }
    // A final slash asks for a directory.
    guard bytes.last != slash else { throw .path(.notRegularFile) }
    path = FilePath(bytes: Array(names.joined(separator: [slash])))
  }

  /// The path of a staged file, which only this library can make.
  init(staged name: String) {
    path = FilePath(root: nil, [StagedFile.directory] + FilePath(name).components)
  }

  /// Whether it is that of a staged file.
  package var isStaged: Bool { path.components.first == StagedFile.directory }

  /// The path of a note, which only this library can make.
  init(note name: StaticString) { self.init(staged: "note-\(name)") }

  /// The same path whose name ends with a marker and something, in place of what it may have from such a marker on: a file
  /// that gets one again and again has one. The name is cut where it would be longer than a name may be; NAME_MAX. Byte for
  /// byte: it need not be UTF-8.
  package func marked(_ marker: String, _ text: String) -> RelativePath {
    let (bytes, mark) = (bytes, Array(marker.utf8))
    let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    var name = bytes[start...]
    // A name has something before its marker.
    let places = name.indices.dropFirst()
    if let end = places.first(where: { name[$0...].starts(with: mark) }) { name = name[..<end] }
    name = name.prefix(max(1, RelativePath.mostNameBytes - mark.count - text.utf8.count))
    return RelativePath(path: FilePath(bytes: bytes[..<start] + name + mark + Array(text.utf8)))
  }

  /// What a file is called that the program itself opened, wherever it lies. Never given to a root.
  init(ofProgram path: FilePath) { self.path = path }

  private init(path: FilePath) { self.path = path }
}

extension FilePath {
  /// Without a final zero.
  fileprivate var bytes: [UInt8] {
    withPlatformString { Array(UnsafeRawBufferPointer(start: $0, count: length)) }
  }

  /// - Parameter bytes: without a zero.
  fileprivate init(bytes: [UInt8]) {
    self = (bytes + [0]).withUnsafeBytes { zeroTerminated in
      zeroTerminated.withMemoryRebound(to: CInterop.PlatformChar.self) { characters in
        // The buffer has at least its final zero, so there is a base address.
        characters.baseAddress.map { FilePath(platformString: $0) } ?? FilePath()
      }
    }
  }
}
