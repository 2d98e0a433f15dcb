import Glibc
import SystemPackage

// The module's own directory below the root: staged files and notes.
extension Root {
  /// Makes a staged file, and the directory for those. It is locked as long as it is open.
  borrowing func openStaged(_ path: RelativePath) throws(MappedArrayError) -> OpenedFile {
    try makeDirectories(above: path)
    let file = try open(path, access: .writable, creating: true)
    guard file.isNew, try file.onFile({ (descriptor) throws(SystemCallError) in try descriptor.tryLock() }) else {
      throw .locked(path: path.path.string)
    }
    return file
  }

  /// What `setNote` has noted; nil if that is nothing.
  package borrowing func note(_ name: StaticString) -> [UInt8]? {
    guard let file = try? open(RelativePath(note: name), access: .readOnly, creating: false) else { return nil }
    return try? file.descriptor.bytes(count: min(file.status.size, Root.mostNoteBytes), path: file.path)
  }

  /// Notes something on the disk that outlives the process, in place of what was noted under that name. Whoever reads it
  /// at any instant gets the one or the other.
  package borrowing func setNote(_ name: StaticString, _ bytes: [UInt8]) throws(MappedArrayError) {
    var file = try StagedFile(in: self)
    try bytes.span.withUnsafeBytes { (bytes) throws(MappedArrayError) in try file.append(bytes) }
    try rename(file.path, to: RelativePath(note: name))
  }

  private static let mostNoteBytes = 4096

  /// Removes staged files that a killed server has left: those that nobody has locked.
  package borrowing func removeAbandonedFiles() {
    guard let directory = try? openDirectory(FilePath(root: nil, [StagedFile.directory])),
      let stream = fdopendir(openat(directory.file.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      // Notes stay.
      guard name.hasPrefix(StagedFile.prefix) || name.first?.isNumber == true || name == "unfinished" else { continue }
      let path = RelativePath(staged: name)
      guard let file = try? open(path, access: .writable, creating: false), (try? file.descriptor.tryLock()) == true
      else { continue }
      remove(path)
    }
  }
}
