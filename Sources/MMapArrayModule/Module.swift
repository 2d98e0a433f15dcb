import CModuleShim
import MappedArray
import SystemPackage

/// The one context of the module: what its commands and callbacks share. Made when the module is loaded.
final class Module {
  let dataType: OpaquePointer
  let arrays = ArrayRegistry()
  let work = WorkQueue()
  let flusher = Flusher()
  let replication = Replication()
  let shipments = Shipments()
  let staging = Staging()
  let lifecycle = Lifecycle()
  /// How often a part of a file was found to be gone.
  var faults = 0
  private let root: Root

  init(dataType: OpaquePointer, root: consuming Root) {
    self.dataType = dataType
    self.root = root
    self.root.removeAbandonedFiles()
  }

  /// Whether a full synchronisation was under way when the server was killed.
  var hasMark: Bool { root.hasMark }

  func setMark(_ isSet: Bool) {
    do throws(MappedArrayError) {
      try root.setMark(isSet)
    } catch {
      log(nil, .warning, "a full synchronisation cannot be noted: \(error)")
    }
  }

  /// Maps the file at a path below the root.
  func open(_ path: RelativePath, for request: MappingRequest) throws(MappedArrayError) -> ServedArray {
    try arrays.open(path, in: root, for: request)
  }

  func relativePath(_ bytes: UnsafeRawBufferPointer) throws(MappedArrayError) -> RelativePath {
    try root.relativePath(bytes)
  }

  func makeStagedFile(number: UInt64) throws(MappedArrayError) -> StagedFile {
    try StagedFile(in: root, number: number)
  }

  func rename(_ file: RelativePath, to new: RelativePath) throws(MappedArrayError) { try root.rename(file, to: new) }

  func remove(_ file: RelativePath) { root.remove(file) }

  func setAside(_ file: RelativePath) throws(MappedArrayError) -> RelativePath { try root.setAside(file) }

  func haveSameContents(
    _ staged: RelativePath, _ file: RelativePath, format: FileFormat
  ) throws(MappedArrayError) -> Bool {
    try root.haveSameContents(staged, file, format: format)
  }

  /// The absolute path of a binding's file; one that is refused as it is.
  func file(_ path: BoundPath) -> [UInt8] {
    guard case .file(let file) = path else { return path.bytes }
    return Array(root.path.string.utf8) + [UInt8(ascii: "/")] + file.bytes
  }

  func identity(of path: RelativePath) -> FileIdentity? { root.identity(of: path) }

  func identity(of path: BoundPath) -> FileIdentity? {
    guard case .file(let path) = path else { return nil }
    return root.identity(of: path)
  }

  // Written once by `install`, on the main thread, before the server can call anything that reads it.
  nonisolated(unsafe) private static var installed: Module?

  /// The context. No command or callback runs before it is installed, because `load` registers them afterwards.
  static var current: Module { installed.unsafelyUnwrapped }

  static func install(_ module: Module) { installed = module }
}
