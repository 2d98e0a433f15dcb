import MappedArray
import ServerModule
import Synchronization

/// The files that keys are bound to, by their paths.
///
/// While a full synchronisation loads a data set beside the one that is served, that has files of its own, which take the
/// others' places with it.
final class BoundFiles: @unchecked Sendable {
  private typealias Table = [RelativePath: [BoundFile]]

  private struct Tables {
    var current: Table = [:]
    var loading: Table?
    var bindingCount = 0
    /// Other paths that keys were bound by: those of the files here, and how many keys that are.
    var otherPaths: [RelativePath: [RelativePath: Int]] = [:]

    /// The file of a path, made if there is none.
    mutating func file(
      _ path: BoundPath, _ layout: ArrayLayout, in arrays: ArrayRegistry
    ) -> BoundFile {
      // One that can be no file is nobody else's.
      guard case .file(let key) = path else { return BoundFile(path, layout, in: arrays) }
      let found = (loading == nil ? current[key] : loading?[key])?.first {
        $0.layout == layout
      }
      if let found { return found }
      let new = BoundFile(path, layout, in: arrays)
      if loading == nil { current[key, default: []].append(new) } else { loading?[key, default: []].append(new) }
      return new
    }

    mutating func remove(_ file: BoundFile) {
      guard case .file(let key) = file.path else { return }
      current[key]?.removeAll { $0 === file }
      if current[key]?.isEmpty == true { current[key] = nil }
      loading?[key]?.removeAll { $0 === file }
      if loading?[key]?.isEmpty == true { loading?[key] = nil }
    }

    /// Counts bindings to a file that were made by another path.
    mutating func count(_ path: BoundPath, of file: BoundFile, by change: Int) {
      guard case .file(let path) = path, case .file(let place) = file.path, path != place else { return }
      otherPaths[path, default: [:]][place, default: 0] += change
      if otherPaths[path]?[place] == 0 { otherPaths[path]?[place] = nil }
      if otherPaths[path]?.isEmpty == true { otherPaths[path] = nil }
    }
  }

  let arrays: ArrayRegistry
  private let tables = Mutex(Tables())

  init(_ arrays: ArrayRegistry) { self.arrays = arrays }

  // MARK: - Bindings

  /// The file of a path, with one more binding to it.
  func bind(_ path: BoundPath, _ layout: ArrayLayout) -> BoundFile {
    tables.withLock { tables in
      let file = tables.file(path, layout, in: arrays)
      tables.bindingCount += 1
      file.bindingCount += 1
      return file
    }
  }

  /// One more key is bound to a file that keys are bound to.
  func retain(_ file: BoundFile) {
    tables.withLock { tables in
      tables.bindingCount += 1
      file.bindingCount += 1
    }
  }

  /// A key that counts to a file is bound by this path.
  func note(_ path: BoundPath, of file: BoundFile) { tables.withLock { $0.count(path, of: file, by: 1) } }

  /// A key that was bound by this path is bound to a file no more. May be called on any thread.
  func release(_ file: BoundFile, boundBy path: BoundPath) {
    // The array is given up with the last reference to the file, which the caller has.
    tables.withLock { tables in
      tables.count(path, of: file, by: -1)
      tables.bindingCount -= 1
      file.bindingCount -= 1
      if file.bindingCount == 0 { tables.remove(file) }
    }
  }

  /// Whether a key is the only one that is bound to a file.
  func isLastBinding(of file: BoundFile) -> Bool { tables.withLock { _ in file.bindingCount == 1 } }

  // MARK: - Loading beside what is served

  func beginLoading() { tables.withLock { $0.loading = [:] } }

  /// Ends it.
  ///
  /// - Parameter isComplete: whether the data set that has been loaded is the one that is served from now on.
  func endLoading(isComplete: Bool) {
    let loaded = tables.withLock { tables in
      let loaded = tables.loading ?? [:]
      if isComplete { tables.current = loaded }
      tables.loading = nil
      return loaded.values.flatMap { $0 }
    }
    for file in loaded {
      if isComplete { file.install() } else { file.withdraw(.incomplete) }
    }
  }

  // MARK: - Questions

  /// The file of a name, if keys are bound to it.
  func file(_ name: ArrayName) -> BoundFile? {
    files(at: name.path).first { $0.layout == name.layout }
  }

  /// The files that are called this, of which at most one can be there.
  func files(at path: RelativePath) -> [BoundFile] { tables.withLock { $0.current[path] ?? [] } }

  /// The path of the file that a path stands for on all nodes, because keys are bound by it. It is another one where the
  /// file has several names on the server where the key was mapped. nil if no key is bound by that path.
  func place(boundBy path: RelativePath) -> RelativePath? {
    tables.withLock {
      $0.current[path] != nil ? path : $0.otherPaths[path]?.keys.min { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }
  }

  /// Whether keys are bound to an array by several names of its file here.
  func hasSeveralNames(_ array: ServedArray) -> Bool {
    all.count { $0.array === array } > 1
  }

  /// Whether that is so for any array. A replica that was a primary may have such; one that has synchronised has not.
  var haveSeveralNames: Bool {
    var seen = Set<ObjectIdentifier>()
    return !all.allSatisfy { file in file.array.map { seen.insert(ObjectIdentifier($0)).inserted } ?? true }
  }

  /// All that are served.
  var all: [BoundFile] { tables.withLock { $0.current.values.flatMap { $0 } } }

  /// How many bindings there are.
  var bindingCount: Int { tables.withLock { $0.bindingCount } }
}
