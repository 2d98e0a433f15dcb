import BindingRecords
import MappedArray
import ServerModule

/// Files that have arrived with saved bindings, and how they take their places.
///
/// In a full synchronisation all do so at its end, when the server exchanges the data sets: until then keys of the old
/// one keep the old files. A file of RESTORE does so at once, and what is in its way is set aside.
final class Staging {
  private let arrays: ArrayRegistry
  private let stream: ReplicationStream
  /// Why bindings are being loaded at the moment.
  private(set) var phase = LoadingPhase.none
  private var lastNumber: UInt64 = 0
  /// Where the file of a path is until the end of the full synchronisation.
  private var staged: [RelativePath: RelativePath] = [:]
  /// Paths of files that could not be stored here: what is in their places is not what the primary has.
  private var missing: Swift.Set<RelativePath> = []

  init(_ arrays: ArrayRegistry, _ stream: ReplicationStream) {
    self.arrays = arrays
    self.stream = stream
  }

  // MARK: - Phases

  /// The server has started, and loads what it saved.
  ///
  /// - Parameter hasContents: whether that may be the data of a full synchronisation, with contents.
  func beginRestart(hasContents: Bool) {
    phase = .restart
    guard hasContents, arrays.root.isResyncInProgress else { return }
    Context.none.log(.notice, "a full synchronisation was interrupted: the contents in the RDB file are installed")
    phase = .synchronization
  }

  /// Begins a full synchronisation.
  ///
  /// If the server is killed before its end, the saved data that it starts with names files that are not in their
  /// places yet. So that is noted on the disk.
  func beginSynchronization() {
    phase = .synchronization
    noteResync(true)
  }

  /// Ends what was begun.
  ///
  /// - Parameter installing: whether all data has been loaded.
  func end(installing: Bool) {
    if phase == .synchronization { endSynchronization(installing: installing) }
    phase = .none
  }

  private func noteResync(_ isInProgress: Bool) {
    do throws(MappedArrayError) {
      try arrays.root.setResyncInProgress(isInProgress)
    } catch {
      Context.none.log(.warning, "a full synchronisation cannot be noted: \(error)")
    }
  }

  // MARK: - Files

  /// Makes a new staged file.
  func begin() throws(MappedArrayError) -> StagedFile {
    lastNumber += 1
    return try StagedFile(in: arrays.root, number: lastNumber)
  }

  func remove(_ file: RelativePath) { arrays.root.remove(file) }

  /// A binding that came without contents: to the file of another key that came with them, or to what is there.
  func binding(_ record: BindingRecord, to path: RelativePath) -> Binding {
    guard let file = staged[path], let binding = try? bind(record, to: path, in: file) else {
      return record.binding(to: .file(path), in: arrays)
    }
    return binding
  }

  /// A binding that came with contents.
  func binding(
    _ record: BindingRecord, to path: RelativePath, staged file: RelativePath
  ) throws(LoadError) -> Binding {
    guard phase == .none else {
      let binding: Binding
      do {
        binding = try bind(record, to: path, in: file)
      } catch {
        remove(file)
        return try self.binding(record, to: path, missing: error)
      }
      if let older = staged.updateValue(file, forKey: path) { remove(older) }
      return binding
    }
    do {
      try install(file, at: path, record.format)
    } catch {
      remove(file)
      throw LoadError("\(error)")
    }
    return record.binding(to: .file(path), in: arrays)
  }

  /// A binding that came with contents, which could not be stored. A replica does without: it must not end for that.
  func binding(
    _ record: BindingRecord, to path: RelativePath, missing reason: MappedArrayError
  ) throws(LoadError) -> Binding {
    guard phase == .synchronization else { throw LoadError("\(reason)") }
    Context.none.log(.warning, "\(quoted(path.bytes)) has come from the master and cannot be stored: \(reason)")
    missing.insert(path)
    return Binding(path, record.elementType, record.format, missing: reason, in: arrays)
  }

  private func endSynchronization(installing: Bool) {
    for (path, file) in staged {
      guard installing else {
        remove(file)
        continue
      }
      do {
        try arrays.root.rename(file, to: path)
        arrays.array(at: path)?.file.rename(to: path)
      } catch {
        Context.none.log(.warning, "a file of the master cannot take its place: \(error)")
      }
    }
    if installing { for path in missing where arrays.root.identity(of: path) != nil { _ = try? setAside(path) } }
    (staged, missing) = ([:], [])
    noteResync(false)
  }

  /// Replaces a file with zeros of the same shape, for a replica whose primary has mapped that path. A primary gets keys
  /// when slots move to it, and its files may be others: what is in the way there is set aside.
  func replace(
    _ path: RelativePath, _ elementType: ElementType, _ format: FileFormat, shape: [Int]
  ) throws(MappedArrayError) {
    var file = try begin()
    let staged = file.path
    do throws(MappedArrayError) {
      if format == .npy { try file.appendHeader(elementType, shape: shape) }
      try file.appendZeros(elementType, shape: shape)
      if stream.isPrimary, arrays.root.identity(of: path) != nil { try setAside(path) }
      try arrays.root.rename(staged, to: path)
    } catch {
      remove(staged)
      throw error
    }
  }

  private func bind(
    _ record: BindingRecord, to path: RelativePath, in file: RelativePath
  ) throws(MappedArrayError) -> Binding {
    let request = MappingRequest(elementType: record.elementType, format: record.format, access: record.access)
    let array = try arrays.open(file, for: request)
    array.replication.isReplicated = true
    return Binding(path: path, access: record.access, array: array, in: arrays)
  }

  private func install(
    _ file: RelativePath, at path: RelativePath, _ format: FileFormat
  ) throws(MappedArrayError) {
    if arrays.root.identity(of: path) != nil {
      if try holdsSame(file, path, format) {
        remove(file)
        return
      }
      try setAside(path)
    }
    try arrays.root.rename(file, to: path)
  }

  private func holdsSame(
    _ file: RelativePath, _ path: RelativePath, _ format: FileFormat
  ) throws(MappedArrayError) -> Bool {
    do {
      return try arrays.root.haveSameContents(file, path, format: format)
    } catch {
      // A directory, say: it holds files of others.
      guard error != .path(.notRegularFile) else { throw error }
      return false
    }
  }

  private func setAside(_ path: RelativePath) throws(MappedArrayError) {
    let aside = try arrays.root.setAside(path)
    arrays.array(at: aside)?.setAside(path, as: aside)
    Context.none.log(.warning, "\(quoted(path.bytes)) was in the way: it is \(quoted(aside.bytes)) now")
  }
}
