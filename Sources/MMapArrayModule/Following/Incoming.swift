import BindingRecords
import MappedArray
import ServerModule

/// What comes from a primary about arrays, on a replica, or on a primary to which slots are moving.
///
/// A replica has what its primary has, and decides nothing. Where it cannot, the array is absent, and it synchronises anew;
/// see `Resynchronization`.
final class Incoming {
  private let files: BoundFiles
  private let stream: ReplicationStream
  private let restoring: Restoring
  private let backfill: Backfill
  /// What arrays are called here that came with slots and whose names were taken.
  private var renamed: [RelativePath: RelativePath] = [:]

  init(_ files: BoundFiles, _ stream: ReplicationStream, _ restoring: Restoring, _ backfill: Backfill) {
    self.files = files
    self.stream = stream
    self.restoring = restoring
    self.backfill = backfill
  }

  // MARK: - Bindings

  /// The path of a recorded binding here, and that of its file.
  func names(of record: RecordedBinding, for call: Call) -> (path: BoundPath, file: BoundPath) {
    guard call.origin == .primary else { return (record.path, record.file) }
    guard stream.isPrimary, record.access == .writable, case .file(let path) = record.array else {
      return (record.path, record.array)
    }
    // A key that comes with its slot.
    switch record.state {
    case .follows, .empty:
      var digest = RecordDigest()
      digest.add(call.key.bytes)
      let free = restoring.freePath(path, digest: digest.value)
      renamed[path] = free == path ? nil : free
    case .none, .known, .absent: break
    }
    guard let new = renamed[path] else { return (record.path, record.array) }
    return (.file(new), .file(new))
  }

  /// Brings the file of a recorded binding into the state that was recorded.
  func prepare(_ file: BoundFile, _ state: AnnouncedState, for call: Call) {
    guard call.origin == .primary else {
      // From the AOF: the file is what it is by now, or it is missed until it is back.
      if case .absent = state { file.withdraw(.incomplete) } else { file.attach() }
      file.array?.replication.isAnnounced = true
      return
    }
    switch state {
    case .none: file.attach()
    case .known: if !file.isKnown { fail(file, .argument("it is not here")) }
    case .follows: file.withdraw(.notArrived)
    case .absent: file.withdraw(.missingOnPrimary)
    case .empty(let shape):
      begin(file, shape: shape)
      complete(file, call.context)
    }
  }

  // MARK: - Contents

  /// The file of an array that a message is about; nil if nothing is bound to it any more.
  func file(_ name: ArrayName) -> BoundFile? {
    guard stream.isPrimary, let new = renamed[name.path] else { return files.file(name) }
    return files.file(ArrayName(path: new, layout: name.layout))
  }

  /// Begins to take contents: an array of zeros of their shape in a staged file.
  func begin(_ file: BoundFile, shape: [Int]) {
    do throws(MappedArrayError) {
      file.expect(IncomingContents(array: try stagedZeros(for: file, shape: shape), arrivedCount: 0))
    } catch {
      fail(file, error)
    }
  }

  private func stagedZeros(for file: BoundFile, shape: [Int]) throws(MappedArrayError) -> ServedArray {
    var staged = try StagedFile(in: files.arrays.root)
    let path = staged.path
    do throws(MappedArrayError) {
      if file.layout.format == .npy { try staged.appendHeader(file.elementType, shape: shape) }
      try staged.appendZeros(file.elementType, shape: shape)
    } catch {
      files.arrays.root.remove(path)
      throw error
    }
    // It is locked until it is closed.
    _ = consume staged
    return try files.arrays.openStaged(path, file)
  }

  /// Takes a piece of contents, or what another program has added to a raw file there.
  func write(_ blob: UnsafeRawBufferPointer, at index: Int, to file: BoundFile) {
    do throws(MappedArrayError) {
      switch file.state {
      case .attached(let array): try write(blob, at: index, to: array)
      case .incoming(let contents):
        try write(blob, at: index, to: contents.array)
        file.note(arrived: blob.count / file.elementType.size)
      // It is missed as a whole already.
      case .detached, .absent: break
      }
    } catch {
      fail(file, error)
    }
  }

  private func write(
    _ blob: UnsafeRawBufferPointer, at index: Int, to array: ServedArray
  ) throws(MappedArrayError) {
    try array.file.write(packed: blob, at: index)
    try array.file.checkFault()
    array.noteReplicated(count: array.file.count)
  }

  /// All contents are there: they are the array from now on.
  func complete(_ file: BoundFile, _ context: Context) {
    switch file.state {
    case .incoming:
      // What is in the way of a replica's files is replaced.
      if stream.isPrimary, case .file(let path) = file.path, !restoring.isServed(path) {
        do throws(MappedArrayError) { try restoring.clear(path) } catch { return fail(file, error) }
      }
      file.install()
      guard let array = file.array else { return }
      array.replication.isAnnounced = true
      // Replicas of this server have yet to get what came with a slot.
      if stream.isPrimary { backfill.announceSoon(array, context) }
    // It came whole with a full synchronisation.
    case .attached: break
    // Why there is none has been said.
    case .absent(.failed): break
    // Some of it came before this server was restarted.
    case .detached, .absent: fail(file, .argument("the beginning of its contents is not here"))
    }
  }

  /// It is complete, as the AOF says.
  func attach(_ file: BoundFile) {
    if file.isAbsent { file.retry() }
    file.attach()
    file.array?.replication.isAnnounced = true
  }

  /// Notes in the AOF what has become of an array.
  func note(_ file: BoundFile, by call: Call) {
    guard let name = file.name, call.origin == .primary else { return }
    var words = CommandWords(call.key)
    words.append(name)
    switch file.state {
    case .attached: call.context.propagate("MMAP.COMPLETE", words, to: .everyone)
    case .incoming, .absent: call.context.propagate("MMAP.WITHDRAW", words, to: .everyone)
    case .detached: break
    }
  }

  /// A change could not be applied: what is here is not what the primary has.
  func fail(_ file: BoundFile, _ error: CommandError) {
    Context.none.log(
      .warning, "\(quoted(file.path.bytes)) is not what the master has any more, and is asked for again: \(error.cause)"
    )
    file.withdraw(.failed(error.cause))
  }

  private func fail(_ file: BoundFile, _ error: MappedArrayError) { fail(file, .array(error)) }
}

extension BoundFile {
  /// Whether what a primary has announced is here, or is being waited for.
  fileprivate var isKnown: Bool {
    switch state {
    case .attached, .incoming, .absent: true
    case .detached: false
    }
  }
}
