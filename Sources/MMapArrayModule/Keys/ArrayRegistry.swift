import MappedArray
import Synchronization

/// The arrays that are mapped, one for each file, and how many keys are bound to each.
///
/// The server frees keys on a thread of its own, so everything goes through a lock. A file is given up while the lock is
/// held: nobody can map it anew before its spare room is cut off and its file lock is free. Its memory, which may take
/// long, is freed afterwards.
final class ArrayRegistry: Sendable {
  private struct Entry {
    let array: ServedArray
    var bindings: Int
  }

  private let entries = Mutex<[FileIdentity: Entry]>([:])

  /// The array of a file, mapped now or before, with one more binding to it.
  func open(
    _ path: RelativePath, in root: borrowing Root, for request: MappingRequest
  ) throws(MappedArrayError) -> ServedArray {
    // An array may be used on the main thread only; the lock guards the table and the moment of closing.
    let identity = root.identity(of: path)
    if let identity, let array = try bind(identity, path, in: root, for: request) { return array }
    let file = try ArrayFile(opening: path, in: root, for: request)
    // The path may name another file than a moment ago.
    if let array = try bind(file.identity, path, in: root, for: request) { return array }
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
    _ identity: FileIdentity, _ path: RelativePath, in root: borrowing Root, for request: MappingRequest
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

  /// The array of a file, if it is mapped. It may be given up at any moment, as long as the caller has no binding to it:
  /// see `withArray`.
  func array(_ identity: FileIdentity) -> ServedArray? { entries.withLock { $0[identity]?.array } }

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

  /// Binds one more key to an array that is bound already.
  func retain(_ array: ServedArray) {
    entries.withLock { $0[array.identity]?.bindings += 1 }
  }

  /// Ends a binding. With the last one the array gives the file up.
  func release(_ array: ServedArray) {
    entries.withLock { entries in
      entries[array.identity]?.bindings -= 1
      guard entries[array.identity]?.bindings == 0 else { return }
      entries[array.identity] = nil
      array.retire()
    }
  }

  /// Whether the key that holds `array` is the only one.
  func isLastBinding(of array: ServedArray) -> Bool {
    entries.withLock { $0[array.identity]?.bindings == 1 }
  }

  /// How many arrays there are, how many bindings to them, and how large their files are in bytes.
  func totals() -> (arrays: Int, bindings: Int, mappedBytes: Int) {
    let all = entries.withLock { Array($0.values) }
    return (
      all.count, all.reduce(0) { $0 + $1.bindings },
      all.reduce(0) { $0 + $1.array.file.mappedBytes }
    )
  }

  /// Replicas are going to get all raw arrays as they are now.
  func noteReplicatedCounts() {
    for array in all where array.format == .raw { array.replication.replicatedCount = (try? array.count()) ?? 0 }
  }

  /// All arrays.
  var all: [ServedArray] { entries.withLock { $0.values.map(\.array) } }

  /// Cuts off the spare room of all arrays.
  func trimAll() {
    // A longer file is valid, and the server is ending.
    entries.withLock { for entry in $0.values { try? entry.array.file.trim() } }
  }
}
