import MappedArray
import ServerModule
import Synchronization

/// The arrays that are mapped, one for each file, and how many keys are bound to each.
///
/// The server frees keys on a thread of its own, so everything goes through a lock. A file is given up while the lock is
/// held: nobody can map it anew before its spare room is cut off and its file lock is free. Its memory, which may take
/// long, is freed afterwards.
final class ArrayRegistry: @unchecked Sendable {
  private struct Entry {
    let array: ServedArray
    var bindings: Int
  }

  /// The directory that all files are below.
  let root: Root
  /// Gets an array that is given up and has changes which no flush has been asked for. May be called on any thread.
  private let flushRetired: @Sendable (ServedArray) -> Void
  private let entries = Mutex<[FileIdentity: Entry]>([:])
  /// How often a part of a file was found to be gone. The main thread's.
  private(set) var faults = 0

  init(root: consuming Root, flushRetired: @escaping @Sendable (ServedArray) -> Void) {
    self.root = root
    self.flushRetired = flushRetired
  }

  // MARK: - Opening and giving up

  /// The array of a file, mapped now or before, with one more binding to it.
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
    let entry = Entry(array: array, bindings: 1)
    entries.withLock { $0[entry.array.identity] = entry }
    return array
  }

  private func bind(
    _ identity: FileIdentity, _ path: RelativePath, for request: MappingRequest
  ) throws(MappedArrayError) -> ServedArray? {
    // The array that is found must not be given up before its binding counts.
    try entries.withLock { (entries) throws(MappedArrayError) in
      guard let array = entries[identity]?.array else { return nil }
      try request.check(elementType: array.elementType, format: array.format)
      if request.access == .writable, array.file.access == .readOnly {
        // The type of a raw file need not be named again.
        let request = MappingRequest(elementType: array.elementType, format: array.format, access: .writable)
        try array.file.replaceMapping(with: ArrayFile(opening: path, in: root, for: request))
      }
      entries[identity]?.bindings += 1
      return array
    }
  }

  /// Binds one more key to an array that is bound already.
  func retain(_ array: ServedArray) {
    entries.withLock { $0[array.identity]?.bindings += 1 }
  }

  /// Ends a binding. With the last one the array gives the file up, whoever still refers to it: it can be mapped anew.
  func release(_ array: ServedArray) {
    entries.withLock { entries in
      entries[array.identity]?.bindings -= 1
      guard entries[array.identity]?.bindings == 0 else { return }
      entries[array.identity] = nil
      if array.flush.isDirty { flushRetired(array) }
      array.file.retire()
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
  func withArray(
    _ identity: FileIdentity, _ body: (ServedArray) throws(CommandError) -> Void
  ) throws(CommandError) {
    let bound = entries.withLock { entries in
      entries[identity]?.bindings += 1
      return entries[identity]?.array
    }
    guard let bound else { return }
    defer { release(bound) }
    try body(bound)
  }

  /// Whether the key that holds `array` is the only one.
  func isLastBinding(of array: ServedArray) -> Bool {
    entries.withLock { $0[array.identity]?.bindings == 1 }
  }

  /// All arrays.
  var all: [ServedArray] { entries.withLock { $0.values.map(\.array) } }

  /// How many arrays there are, how many bindings to them, and how large their files are in bytes.
  func totals() -> (arrays: Int, bindings: Int, mappedBytes: Int) {
    let all = entries.withLock { Array($0.values) }
    return (
      all.count, all.reduce(0) { $0 + $1.bindings },
      all.reduce(0) { $0 + $1.array.file.mappedBytes }
    )
  }

  // MARK: - Faults

  /// After an error: if a part of the file was gone, it is mapped again for the next command.
  func recover(_ array: ServedArray, after error: CommandError) {
    guard case .array(.fault(let path)) = error else { return }
    faults += 1
    Context.none.log(.warning, "a part of '\(path)' is gone: it was cut by another program, or the disk fails")
    array.recover()
  }
}
