import CModuleShim
import MappedArray

/// Files that have arrived with saved bindings, and how they take their places.
///
/// In a full synchronisation all do so at its end, when the server exchanges the data sets: until then keys of the old
/// one keep the old files. A file of RESTORE does so at once, and what is in its way is set aside.
final class Staging {
  private var lastNumber: UInt64 = 0
  /// Where the file of a path is until the end of the full synchronisation.
  private var staged: [RelativePath: RelativePath] = [:]
  /// Paths of files that could not be stored here: what is in their places is not what the master has.
  private var missing: Swift.Set<RelativePath> = []

  /// Begins a full synchronisation.
  ///
  /// If the server is killed before its end, the saved data that it starts with tells of files that are not in their
  /// places yet. So that is noted on the disk.
  func beginSynchronization() { Module.current.setMark(true) }

  /// Makes a new staged file.
  func begin() throws(MappedArrayError) -> StagedFile {
    lastNumber += 1
    return try Module.current.makeStagedFile(number: lastNumber)
  }

  /// A binding that came without contents: to the file of another key that came with them, or to what is there.
  func binding(_ record: BindingRecord, to path: RelativePath) -> Binding {
    guard let file = staged[path], let binding = try? bind(record, to: path, in: file) else {
      return record.binding(to: .file(path))
    }
    return binding
  }

  /// A binding that came with contents.
  func binding(
    _ record: BindingRecord, to path: RelativePath, staged file: RelativePath
  ) throws(LoadError) -> Binding {
    guard Module.current.lifecycle.loading == .none else {
      let binding: Binding
      do {
        binding = try bind(record, to: path, in: file)
      } catch {
        Module.current.remove(file)
        return try self.binding(record, to: path, missing: error)
      }
      if let older = staged.updateValue(file, forKey: path) { Module.current.remove(older) }
      return binding
    }
    do {
      try install(file, at: path, record.format)
    } catch {
      Module.current.remove(file)
      throw LoadError(message: "\(error)")
    }
    return record.binding(to: .file(path))
  }

  /// A binding that came with contents, which could not be stored. A replica does without: it must not end for that.
  func binding(
    _ record: BindingRecord, to path: RelativePath, missing reason: MappedArrayError
  ) throws(LoadError) -> Binding {
    guard Module.current.lifecycle.loading == .fullSynchronization else { throw LoadError(message: "\(reason)") }
    log(nil, .warning, "\(quoted(path.bytes)) has come from the master and cannot be stored: \(reason)")
    missing.insert(path)
    return Binding(path, record.elementType, record.format, missing: reason)
  }

  /// Ends a full synchronisation.
  func endSynchronization(installing: Bool) {
    for (path, file) in staged {
      guard installing else {
        Module.current.remove(file)
        continue
      }
      do {
        try Module.current.rename(file, to: path)
        Module.current.identity(of: path).flatMap(Module.current.arrays.array)?.file.rename(to: path)
      } catch {
        log(nil, .warning, "a file of the master cannot take its place: \(error)")
      }
    }
    if installing { for path in missing where Module.current.identity(of: path) != nil { _ = try? setAside(path) } }
    (staged, missing) = ([:], [])
    Module.current.setMark(false)
  }

  /// Replaces a file with zeros of the same shape, for a replica whose master has mapped that path. A master gets keys
  /// when slots move to it, and its files may be others: what is in the way there is set aside.
  func replace(
    _ path: RelativePath, _ elementType: ElementType, _ format: FileFormat, shape: [Int]
  ) throws(MappedArrayError) {
    var file = try begin()
    let staged = file.path
    do throws(MappedArrayError) {
      if format == .npy { try file.appendHeader(elementType, shape: shape) }
      try file.appendZeros(elementType, shape: shape)
      if Module.current.replication.isMaster, Module.current.identity(of: path) != nil { try setAside(path) }
      try Module.current.rename(staged, to: path)
    } catch {
      Module.current.remove(staged)
      throw error
    }
  }

  private func bind(
    _ record: BindingRecord, to path: RelativePath, in file: RelativePath
  ) throws(MappedArrayError) -> Binding {
    let request = MappingRequest(elementType: record.elementType, format: record.format, access: record.access)
    let array = try Module.current.open(file, for: request)
    array.replication.isReplicated = true
    return Binding(path: path, access: record.access, array: array)
  }

  private func install(
    _ file: RelativePath, at path: RelativePath, _ format: FileFormat
  ) throws(MappedArrayError) {
    if Module.current.identity(of: path) != nil {
      if try holdsSame(file, path, format) {
        Module.current.remove(file)
        return
      }
      try setAside(path)
    }
    try Module.current.rename(file, to: path)
  }

  private func holdsSame(
    _ file: RelativePath, _ path: RelativePath, _ format: FileFormat
  ) throws(MappedArrayError) -> Bool {
    do {
      return try Module.current.haveSameContents(file, path, format: format)
    } catch {
      // A directory, say: it holds files of others.
      guard error != .path(.notRegularFile) else { throw error }
      return false
    }
  }

  private func setAside(_ path: RelativePath) throws(MappedArrayError) {
    let aside = try Module.current.setAside(path)
    Module.current.identity(of: aside).flatMap(Module.current.arrays.array)?.setAside(path, as: aside)
    log(nil, .warning, "\(quoted(path.bytes)) was in the way: it is \(quoted(aside.bytes)) now")
  }
}
