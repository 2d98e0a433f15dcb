import MappedArray
import ServerModule

/// The file that keys with the same path are bound to on this server: the array, or why there is none. They share one, so
/// that an array is one thing for all of them.
///
/// Used on the main thread. Only the end of the last binding may come on another one, when nobody else has it any more.
final class BoundFile: @unchecked Sendable {
  enum State {
    case attached(ServedArray)
    /// It could not be mapped, or nobody has tried; each command tries again.
    case detached(MappedArrayError)
    /// Its contents are on their way.
    case incoming(IncomingContents)
    /// It is not here, whatever has its name in the root. New contents end that, or MMAP.RELOAD.
    case absent(Absence)
  }

  let path: BoundPath
  let layout: ArrayLayout
  private(set) var state: State
  /// The array, if it is attached. Kept beside the state, because each command asks for it.
  private(set) var array: ServedArray?
  /// Whether a key may change it, or could once.
  private(set) var access = Access.readOnly
  /// A key that is bound to it; see `ReplicationState.key`.
  var key: [UInt8] = []
  /// When a change last looked whether the file still has its name; see `Services.look`.
  var lastLook: UInt64 = 0
  /// Whether it was found then that its name is another file's.
  var isReplaced = false
  /// How large its contents were when they could not be stored, in bytes.
  private(set) var missedBytes = 0
  /// How many keys are bound to it. The table's, under its lock.
  var bindingCount = 0

  let arrays: ArrayRegistry

  init(_ path: BoundPath, _ layout: ArrayLayout, in arrays: ArrayRegistry) {
    self.path = path
    self.layout = layout
    self.arrays = arrays
    state = .detached(.path(.empty))
  }

  deinit { drop() }

  var elementType: ElementType { layout.elementType }

  /// nil for a path that can be that of no file.
  var name: ArrayName? {
    guard case .file(let path) = path else { return nil }
    return ArrayName(path: path, layout: layout)
  }

  /// Whether the file that its name is that of now is the one that is mapped.
  var hasItsName: Bool {
    guard let array else { return false }
    return arrays.root.identity(of: path) == array.identity
  }
}

// MARK: - How it changes

extension BoundFile {
  /// Maps the file, if it is not mapped. It must be there and be what it was: nothing is created.
  func attach() {
    guard case .detached = state else { return }
    do throws(MappedArrayError) {
      try take(open())
    } catch {
      state = .detached(error)
    }
  }

  /// A key may change it from now on, as soon as nobody else has locked the file.
  func wantWritable() {
    access = .writable
    try? makeWritable()
  }

  /// Maps it anew for changes, if it is mapped without.
  ///
  /// - Throws: why that cannot be done; it is as it was then.
  func makeWritable() throws(MappedArrayError) {
    guard access == .writable, let array, array.file.access == .readOnly else { return }
    // The array is the same, and held already.
    arrays.release(try open())
  }

  /// The file that has its name now, held once more.
  func open() throws(MappedArrayError) -> ServedArray {
    try arrays.open(path.file, for: MappingRequest(layout, access: access))
  }

  /// From now on this is the array, which is held for it already.
  ///
  /// - Parameter isReplacing: whether its name may be that of another array until now.
  func take(_ array: ServedArray, replacing isReplacing: Bool = false) throws(MappedArrayError) {
    do throws(MappedArrayError) {
      if let name { try arrays.give(name, to: array, replacing: isReplacing) }
    } catch {
      arrays.release(array)
      throw error
    }
    array.replication.key = key
    set(.attached(array))
  }

  /// The array is in a staged file, all of it, and takes its place with `install`.
  func stage(_ array: ServedArray) { set(.attached(array)) }

  /// Its contents are on their way from now on.
  func expect(_ contents: IncomingContents) { set(.incoming(contents)) }

  /// Notes how many elements have arrived.
  func note(arrived count: Int) {
    guard case .incoming(var contents) = state else { return }
    contents.arrivedCount += count
    state = .incoming(contents)
  }

  /// There is no array any more, or none yet.
  func withdraw(_ absence: Absence) {
    if let array = array ?? incomingArray { missedBytes = array.file.count * elementType.size }
    set(.absent(absence))
  }

  /// What has its name stands for it again.
  func retry() { set(.detached(.path(.empty))) }

  var isAbsent: Bool {
    if case .absent = state { true } else { false }
  }

  /// The array of contents that are on their way.
  var incomingArray: ServedArray? {
    if case .incoming(let contents) = state { contents.array } else { nil }
  }

  /// Takes the file that has its name now, in place of the one that is mapped, or of none.
  ///
  /// - Throws: why it cannot be mapped; nothing has changed then.
  func reload() throws(MappedArrayError) { try take(open(), replacing: true) }

  /// What has been staged for it takes the place of the file that has its name.
  func install() {
    switch state {
    case .incoming(let contents): install(contents.array)
    case .attached(let array) where array.file.path.bytes != path.bytes: install(array)
    default: break
    }
  }

  private func install(_ array: ServedArray) {
    do throws(MappedArrayError) {
      let path = try path.file
      try arrays.root.install(array.file.path, at: path) { arrays.hasLocked($0) }
      array.file.rename(to: path)
      arrays.retain(array)
      try take(array, replacing: true)
    } catch {
      Context.none.log(.warning, "\(quoted(path.bytes)) cannot be stored as the master has it: \(error)")
      set(.absent(.failed(error.reply)))
    }
  }

  private func set(_ new: State) {
    let old = state
    state = new
    if case .attached(let array) = new { self.array = array } else { array = nil }
    BoundFile.drop(old, arrays)
  }

  private func drop() { BoundFile.drop(state, arrays) }

  private static func drop(_ state: State, _ arrays: ArrayRegistry) {
    switch state {
    case .attached(let array): arrays.giveUp(array)
    case .incoming(let contents): arrays.giveUp(contents.array)
    case .detached, .absent: break
    }
  }
}

extension ArrayRegistry {
  /// Releases the array of a name. A staged file that has not taken its place is of use to nobody.
  fileprivate func giveUp(_ array: ServedArray) {
    if array.file.path.isStaged { root.remove(array.file.path) }
    release(array)
  }
}

// MARK: - Questions

extension BoundFile {
  /// The array, after another try to map a file that was not there, or has lost a part.
  func attachedArray() throws(CommandError) -> ServedArray {
    if let array, array.fault != nil {
      array.recover()
      // Another file that has taken its place by now is the array from now on.
      if array.fault != nil, let identity = arrays.root.identity(of: path), identity != array.identity {
        set(.detached(.path(.empty)))
      }
    }
    attach()
    guard let array, array.fault == nil else { throw notMapped }
    return array
  }

  /// What commands throw that need the array while there is none.
  var notMapped: CommandError { .detached(path: quoted(path.bytes), reason: reason) }

  private var reason: String {
    switch state {
    case .attached(let array): array.fault?.reply ?? "a part of it was gone; try again"
    case .detached(let error): error.reply
    case .incoming(let contents):
      "\(contents.arrivedCount) of \(contents.array.file.count) elements have arrived from the master"
    case .absent(let absence): absence.description
    }
  }

  /// Whether its contents are here, or on their way.
  var hasContents: Bool {
    switch state {
    case .attached, .incoming: true
    case .detached, .absent: false
    }
  }

  /// Whether it was, or is, to come from a primary.
  var isOwedByPrimary: Bool {
    switch state {
    case .incoming, .absent(.notArrived), .absent(.failed): true
    default: false
    }
  }

  /// Whether a replica needs another full synchronisation for it.
  var isToBeMended: Bool {
    switch state {
    case .absent(.failed), .absent(.incomplete): true
    case .detached: access == .writable && name != nil
    default: false
    }
  }
}

/// Contents that arrive in pieces: an array of their length in a staged file, which takes its place when it is whole.
struct IncomingContents {
  let array: ServedArray
  /// How many elements have arrived.
  var arrivedCount: Int
}

/// Why there is no array, whatever has its name.
enum Absence: CustomStringConvertible {
  /// The primary has announced it, and not sent it yet.
  case notArrived
  /// The primary has a key for it, and no array.
  case missingOnPrimary
  /// This server became the primary, or ended, before it was whole.
  case incomplete
  /// What has come from the primary could not be stored here; another full synchronisation mends that.
  case failed(String)

  var description: String {
    switch self {
    case .notArrived: "its contents have not arrived from the master yet"
    case .missingOnPrimary:
      "the master has no array for it; if this server is a master now, MMAP.RELOAD takes the file here"
    case .incomplete:
      "its contents had not all arrived when this server became the master; MMAP.RELOAD takes the file that has its name here"
    case .failed(let error): "it could not be stored as the master has it, and is asked for again: \(error)"
    }
  }
}
