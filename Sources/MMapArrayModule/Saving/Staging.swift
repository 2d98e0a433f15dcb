import BindingRecords
import MappedArray
import ServerModule

/// Bindings that are loaded, and how the contents that come with some take their places.
///
/// In a full synchronisation all do so at its end, when the server exchanges the data sets: until then keys of the old
/// one keep the old files. A file of RESTORE does so at once; see `Restoring`.
final class Staging {
  private let arrays: ArrayRegistry
  private let files: BoundFiles
  private let restoring: Restoring
  let note: NodeNote
  /// Why bindings are being loaded at the moment.
  private var phase = LoadingPhase.none
  /// The synchronisation whose contents have been staged.
  private var staged: BindingRecord.Synchronization?
  /// Files whose contents take their places when all is loaded, after a restart.
  private var waiting: [BoundFile] = []

  init(_ files: BoundFiles, _ restoring: Restoring) {
    arrays = files.arrays
    self.files = files
    self.restoring = restoring
    note = NodeNote(arrays)
  }

  /// The directory that all files are below.
  var root: Root {
    @inline(__always) _read { yield arrays.root }
  }

  /// Whether a binding that is loaded now comes with RESTORE.
  var isRestoring: Bool { phase == .none }

  // MARK: - Phases

  /// The server has started, and loads what it saved.
  func beginRestart() { phase = .restart }

  /// Begins a full synchronisation.
  func beginSynchronization() {
    phase = .synchronization
    files.beginLoading()
  }

  /// Ends what was begun.
  ///
  /// - Parameter isComplete: whether all data has been loaded.
  func end(isComplete: Bool) {
    let phase = phase
    self.phase = .none
    if phase == .synchronization { files.endLoading(isComplete: isComplete) }
    if phase == .restart, isComplete { for file in waiting { file.install() } }
    waiting = []
    // Files that are not in their places are not what a restart would find.
    if isComplete, let staged { note.noteInstalled(staged) }
    staged = nil
    guard isComplete, phase != .none else { return }
    for file in files.all {
      file.attach()
      // Replicas have what has been saved, or get it with their own synchronisation.
      file.array?.replication.isAnnounced = true
    }
  }

  // MARK: - Bindings

  /// What this server was told that the array is called which a RESTORE of that key brings.
  func toldPath(for key: [UInt8]) -> RelativePath? {
    if phase == .none, restoring.decides { return nil }
    return key.withUnsafeBytes { restoring.takeChosen(for: $0) }
  }

  /// Whether contents are what this server must have, and not its own files.
  func wantsContents(of record: BindingRecord) -> Bool {
    switch phase {
    case .none: return true
    case .synchronization:
      record.synchronization.map { note.met($0) }
      return true
    // The server was killed while it loaded them.
    case .restart: return record.synchronization.map { !note.has($0) } ?? false
    }
  }

  /// A binding that came without contents, or is to what is there.
  func binding(_ saved: SavedBinding) -> Binding {
    if phase == .none { return restoring.binding(saved) }
    let file = saved.bind(in: files)
    if saved.record.flags.contains(.absent) {
      if !file.hasContents { file.withdraw(absence(of: saved.record)) }
    } else if phase == .restart {
      file.attach()
      file.array?.replication.isAnnounced = true
    }
    return saved.binding(to: file, in: files)
  }

  private func absence(of record: BindingRecord) -> Absence {
    if record.flags.contains(.owed) { return .failed("its master has asked for it itself") }
    return phase == .restart ? .incomplete : .missingOnPrimary
  }

  /// A binding that came with contents, which are staged, or could not be. A replica does without: it must not end for
  /// that.
  func binding(
    _ saved: SavedBinding, _ contents: Result<RelativePath, MappedArrayError>, digest: UInt64
  ) throws(LoadError) -> Binding {
    guard phase != .none else { return try restoring.binding(saved, contents, digest: digest) }
    staged = saved.record.synchronization ?? staged
    let file = saved.bind(in: files)
    do throws(MappedArrayError) {
      let array = try arrays.openStaged(contents.get(), file)
      if let count = saved.record.arrivedCount {
        file.expect(IncomingContents(array: array, arrivedCount: count))
      } else {
        file.stage(array)
        if phase == .restart { waiting.append(file) }
      }
    } catch {
      Context.none.log(.warning, "\(quoted(file.path.bytes)) has come from the master and cannot be stored: \(error)")
      file.withdraw(.failed(error.reply))
    }
    return saved.binding(to: file, in: files)
  }
}

/// A saved binding that has been read.
struct SavedBinding {
  let record: BindingRecord
  let path: BoundPath
  /// The path of its file.
  let file: BoundPath
  /// The key that it is loaded for.
  let key: [UInt8]

  /// The file of the binding, or another in its place, to which the binding is counted.
  func bind(at path: BoundPath? = nil, in files: BoundFiles) -> BoundFile {
    let file = files.bind(path ?? self.file, record.layout)
    file.key = key
    if record.access == .writable { file.wantWritable() }
    return file
  }

  func binding(to file: BoundFile, in files: BoundFiles) -> Binding {
    // Its path is what it was called where it was saved, unless its file has another name here.
    let isRenamed = file.path.bytes != self.file.bytes
    return Binding(path: isRenamed ? file.path : path, access: record.access, to: file, of: files)
  }
}

extension ArrayRegistry {
  /// The array in a staged file.
  func openStaged(_ path: RelativePath, _ file: BoundFile) throws(MappedArrayError) -> ServedArray {
    do throws(MappedArrayError) {
      return try open(path, for: MappingRequest(file.layout, access: .writable))
    } catch {
      root.remove(path)
      throw error
    }
  }
}
