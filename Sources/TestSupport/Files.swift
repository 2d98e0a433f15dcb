import CTestSupport
import Glibc

/// A directory of its own, removed in the end with all it holds.
public final class TemporaryDirectory: Sendable {
  public let path: String

  public init(in parent: String = Environment.temporaryDirectory) throws(ProcessError) {
    var template = Array("\(parent)/mmaparray-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .lastError(parent) }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    remove()
  }

  /// Removes it now, with all it holds.
  public func remove() {
    remove_tree(path)
  }
}

/// The few things that tests do with files.
public enum Files {
  /// The bytes of a file.
  public static func read(_ path: String) throws(ProcessError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .lastError(path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var count = 0
    repeat {
      bytes += [UInt8](unsafeUninitializedCapacity: 64 * 1024) { room, initialized in
        count = Glibc.read(descriptor, room.baseAddress, room.count)
        initialized = max(0, count)
      }
    } while count > 0
    guard count == 0 else { throw .lastError(path) }
    return bytes
  }

  /// The text of a file.
  public static func text(_ path: String) throws(ProcessError) -> String {
    String(decoding: try read(path), as: UTF8.self)
  }

  /// Makes a file of these bytes, or replaces what is in it.
  public static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(ProcessError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .lastError(path) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count >= 0 else { throw .lastError(path) }
      rest = rest.dropFirst(count)
    }
  }

  /// The names in a directory, sorted, without `.` and `..`.
  public static func names(in directory: String) throws(ProcessError) -> [String] {
    guard let stream = opendir(directory) else { throw .lastError("opendir \(directory)") }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// The file's absolute path, without links.
  public static func absolute(_ path: String) throws(ProcessError) -> String {
    guard let resolved = realpath(path, nil) else { throw .lastError(path) }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Opens a file to be written at its end, and makes it if need be.
  package static func openLog(_ path: String) throws(ProcessError) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .lastError(path) }
    return descriptor
  }
}
