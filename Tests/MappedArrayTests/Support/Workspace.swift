import Glibc
import SystemPackage
import TestSupport

@testable import MappedArray

/// A temporary directory with a root in it, and files by their names below the root.
final class Workspace {
  private let directory: TemporaryDirectory
  let root: Root

  /// - Parameters:
  ///   - parent: the directory that the temporary one is made in.
  ///   - walks: whether the root opens files as on a kernel without `openat2`.
  init(in parent: String = Environment.temporaryDirectory, walks: Bool = false) throws {
    let directory = try TemporaryDirectory(in: parent)
    root = try Root(path: FilePath(directory.path).appending("root"), walks: walks)
    self.directory = directory
  }

  /// The directory that the root lies in.
  var outside: String { root.path.removingLastComponent().string }

  /// The absolute path of a file.
  func path(_ name: String = "array") -> String { root.path.string + "/" + name }

  func relative(_ name: String = "array") throws -> RelativePath { try relative(bytes: Array(name.utf8)) }

  func relative(bytes: [UInt8]) throws -> RelativePath {
    try bytes.withUnsafeBytes { try root.relativePath($0) }
  }

  /// Makes a file of these bytes, or replaces what is in it.
  func write(_ bytes: [UInt8], to name: String = "array") throws { try Files.write(bytes, to: path(name)) }

  func read(_ name: String = "array") throws -> [UInt8] { try Files.read(path(name)) }

  /// A file's first bytes.
  func beginning(_ count: Int, of name: String = "array") throws -> [UInt8] {
    let file = try FileDescriptor.open(FilePath(path(name)), .readOnly)
    return try file.closeAfter {
      try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        initialized = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
  }

  /// Adds bytes to a file as another program does.
  func append(_ bytes: [UInt8], to name: String = "array") throws {
    let file = try FileDescriptor.open(FilePath(path(name)), .writeOnly, options: .append)
    _ = try file.closeAfter { try file.writeAll(bytes) }
  }

  /// Cuts a file or makes it longer, as another program does.
  func truncate(to size: Int, _ name: String = "array") throws {
    try call { Glibc.truncate(path(name), size) }
  }

  func size(_ name: String = "array") throws -> Int {
    var status = stat()
    guard lstat(path(name), &status) == 0 else { throw Errno(rawValue: errno) }
    return status.st_size
  }

  func exists(_ name: String = "array") -> Bool { (try? size(name)) != nil }

  /// Opens a file for mapping.
  func open(_ name: String = "array", _ request: MappingRequest = MappingRequest()) throws -> ArrayFile {
    try ArrayFile(opening: relative(name), in: root, for: request)
  }

  /// Maps a file.
  func map<Element: MappableElement>(
    _ name: String = "array", as type: Element.Type = Element.self, isRaw: Bool = false, access: Access = .writable
  ) throws -> MappedArray<Element> {
    try MappedArray(path: relative(name), in: root, isRaw: isRaw, access: access)
  }
}

/// Runs a system call of a test.
@discardableResult
func call<Result: FixedWidthInteger & SignedInteger>(_ body: () -> Result) throws -> Result {
  let result = body()
  guard result != -1 else { throw Errno(rawValue: errno) }
  return result
}

/// Why a system call of the library failed in `body`; nil if none did.
func failure(_ body: () throws -> Void) throws -> Errno? {
  do throws(any Error) {
    try body()
    return nil
  } catch MappedArrayError.system(let error, _) {
    return error.errno
  }
}
