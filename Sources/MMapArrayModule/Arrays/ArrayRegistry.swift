import MappedArray
import ServerModule
import Synchronization

/// The arrays that are mapped, one for each file, and how many hold each: names that keys are bound to, and work.
///
/// The server frees keys on a thread of its own, so everything goes through a lock. A file is given up while the lock is
/// held: nobody can map it anew before its spare room is cut off and its file lock is free. Its memory, which may take
/// long, is freed afterwards.
final class ArrayRegistry: @unchecked Sendable {
  private struct Entry {
    let array: ServedArray
    var holders: Int
  }

  /// The directory that all files are below.
  let root: Root
  /// Gets an array that is given up and has changes which no flush has been asked for. May be called on any thread.
  private let flushRetired: @Sendable (ServedArray) -> Void
  private let entries = Mutex<[FileIdentity: Entry]>([:])
  private let names = Mutex<[ArrayName: FileIdentity]>([:])
  /// How often a part of a file was found to be gone. The main thread's.
  private(set) var faults = 0

  init(root: consuming Root, flushRetired: @escaping @Sendable (ServedArray) -> Void) {
    self.root = root
    self.flushRetired = flushRetired
  }

  // MARK: - Opening and giving up

  /// The array of a file, mapped now or before, with one more holder.
  func open(_ path: RelativePath, for request: MappingRequest) throws(MappedArrayError) -> ServedArray {
    // An array may be used on the main thread only; the lock guards the table and the moment of closing.
    let identity = root.identity(of: path)
    if let identity, let array = try bind(identity, path, for: request) { return array }
    let file = try ArrayFile(opening: path, in: root, for: request)
    // The path may name another file than a moment ago.
    if let array = try bind(file.identity, path, for: request) { return array }
    let isNew = file.isNew
    let array: ServedArray
    do {
      array = try ServedArray(file)
    } catch {
      if isNew { root.remove(path) }
      throw error
    }
    let entry = Entry(array: array, holders: 1)
    entries.withLock { $0[entry.array.identity] = entry }
    return array
  }

  private func bind(
    _ identity: FileIdentity, _ path: RelativePath, for request: MappingRequest
  ) throws(MappedArrayError) -> ServedArray? {
    // The array that is found must not be given up before its holder counts.
    try entries.withLock { (entries) throws(MappedArrayError) in
      guard let array = entries[identity]?.array else { return nil }
      try request.check(array.file.layout, rowSize: array.file.rowSize)
      if request.access == .writable, array.file.access == .readOnly {
        // The type of a raw file need not be named again.
        let request = MappingRequest(array.file.layout, access: .writable)
        try array.file.replaceMapping(with: ArrayFile(opening: path, in: root, for: request))
      }
      entries[identity]?.holders += 1
      return array
    }
  }

  /// One more holds an array that is held already.
  func retain(_ array: ServedArray) {
    entries.withLock { $0[array.identity]?.holders += 1 }
  }

  /// One holds an array no more. The last one gives the file up, whoever still refers to the array: it can be mapped anew.
  func release(_ array: ServedArray) {
    entries.withLock { entries in
      entries[array.identity]?.holders -= 1
      guard entries[array.identity]?.holders == 0 else { return }
      entries[array.identity] = nil
      if array.flush.isDirty { flushRetired(array) }
      array.file.retire()
      guard let name = array.name else { return }
      names.withLock { if $0[name] == array.identity { $0[name] = nil } }
    }
  }

  /// Cuts off the spare room of all arrays: the server ends.
  func trimAll() {
    // A longer file is valid.
    entries.withLock { for entry in $0.values { try? entry.array.file.trim() } }
  }

  // MARK: - Questions

  /// The array of a file, if it is mapped. It may be given up at any moment, as long as the caller has no binding to it:
  /// see `withArray`.
  func array(_ identity: FileIdentity) -> ServedArray? { entries.withLock { $0[identity]?.array } }

  /// The array of the file that a path names now, as `array(_:)`.
  func array(at path: RelativePath) -> ServedArray? { root.identity(of: path).flatMap { array($0) } }

  /// Calls `body` with the array of a file, if it is mapped, which is not given up meanwhile.
  func withArray(_ identity: FileIdentity, _ body: (ServedArray) -> Void) {
    let held = entries.withLock { entries in
      entries[identity]?.holders += 1
      return entries[identity]?.array
    }
    guard let held else { return }
    defer { release(held) }
    body(held)
  }

  /// Whether whoever holds `array` is the only one.
  func isLastHolder(of array: ServedArray) -> Bool {
    entries.withLock { $0[array.identity]?.holders == 1 }
  }

  /// Whether this process has locked a file.
  func hasLocked(_ identity: FileIdentity) -> Bool { array(identity)?.file.access == .writable }

  /// Whether there is such an array.
  func contains(where isSuch: (ServedArray) -> Bool) -> Bool {
    entries.withLock { $0.values.contains { isSuch($0.array) } }
  }

  /// All arrays. They may be given up at any moment: see `withArray`.
  var all: [ServedArray] { entries.withLock { $0.values.map(\.array) } }

  /// How many arrays there are, and how large their files are in bytes.
  func totals() -> (arrays: Int, mappedBytes: Int) {
    let all = entries.withLock { Array($0.values) }
    return (all.count, all.reduce(0) { $0 + $1.array.file.mappedBytes })
  }

  // MARK: - Names

  /// Gives an array the name that it has on all nodes, if it has none.
  ///
  /// - Parameter isReplacing: whether the name may be another's until now.
  /// - Throws: `.replaced` if the name is that of another array, which is still mapped from a file that had it before.
  func give(
    _ name: ArrayName, to array: ServedArray, replacing isReplacing: Bool = false
  ) throws(MappedArrayError) {
    guard array.name == nil || isReplacing else { return }
    try names.withLock { (names) throws(MappedArrayError) in
      guard isReplacing || names[name] ?? array.identity == array.identity else {
        throw .replaced(path: name.path.text)
      }
      names[name] = array.identity
    }
    array.name = name
  }

  // MARK: - Faults

  /// After an error: if a part of the file was gone, it is mapped again for the next command.
  func recover(_ array: ServedArray, after error: CommandError) {
    guard case .array(.fault(let path)) = error else { return }
    faults += 1
    Context.none.log(.warning, "a part of '\(path)' is gone: it was cut by another program, or the disk fails")
    array.recover()
    // What replicas have is not what it holds now.
    array.replication.isAnnounced = false
  }
}
