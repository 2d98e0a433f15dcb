import Glibc
import MappedArray
import ModuleWork
import ServerModule

/// What commands and callbacks work with. Made once, when the module is loaded.
final class Services {
  let dataType: DataType<Binding>
  let arrays: ArrayRegistry
  let files: BoundFiles
  let work = WorkQueue()
  let workers = WorkerPool()
  let workSettings: WorkSettings
  let memory = WorkMemory()
  let parking = Parking()
  let coldPages = ColdPages()
  let flusher: Flusher
  let stream: ReplicationStream
  let backfill: Backfill
  let propagation: Propagation
  let saving = Saving()
  let payloadGuard: PayloadGuard
  let restoring: Restoring
  let staging: Staging
  let incoming: Incoming
  let resynchronization: Resynchronization
  /// The one that loads the module, and serves.
  let mainThread = pthread_self()
  /// Changes that are carried out in slices, and have some left.
  var unfinishedChanges: [any UnfinishedChange] = []
  /// Seconds that the server has been looking around.
  var seconds: UInt64 = 1

  init(dataType: DataType<Binding>, root: consuming Root, flushSetting: FlushSetting, workSettings: WorkSettings) {
    self.dataType = dataType
    self.workSettings = workSettings
    arrays = ArrayRegistry(root: root, flushRetired: Flusher.flushUnwatched)
    files = BoundFiles(arrays)
    flusher = Flusher(arrays, flushSetting)
    stream = ReplicationStream(arrays)
    backfill = Backfill(arrays, stream)
    propagation = Propagation(stream, backfill, ForeignChanges(arrays, stream, backfill), flusher)
    payloadGuard = PayloadGuard(arrays, saving)
    restoring = Restoring(files, stream, backfill)
    staging = Staging(files, restoring)
    incoming = Incoming(files, stream, restoring, backfill)
    resynchronization = Resynchronization(files, stream)
  }

  /// The directory that all files are below.
  var root: Root {
    @inline(__always) _read { yield arrays.root }
  }
}

// MARK: - The one global

extension Services {
  // Written once by `install`, on the main thread, before the server can call anything that reads it.
  nonisolated(unsafe) private static var installed: Unmanaged<Services>?

  /// Calls `body` with the services, for C functions: these capture nothing, so they must find them here. Everything else
  /// gets them from its caller. No command or callback runs before they are installed, because loading registers them
  /// afterwards; they stay until the process ends.
  @inline(__always)
  static func withCurrent<Result>(_ body: (Services) -> Result) -> Result {
    installed.unsafelyUnwrapped._withUnsafeGuaranteedRef(body)
  }

  static func install(_ services: Services) { installed = .passRetained(services) }
}

// MARK: - Arrays of bindings

extension Services {
  /// The array of a binding in an open key, after another try to map the file if it is not mapped.
  @inline(__always)
  func array(of binding: Unmanaged<Binding>, for call: Call) throws(CommandError) -> ServedArray {
    if let array = binding._withUnsafeGuaranteedRef({ $0.array }) { return array }
    return try attachedArray(of: binding.takeUnretainedValue(), for: call)
  }

  func array(of binding: Binding, for call: Call) throws(CommandError) -> ServedArray {
    try array(of: .passUnretained(binding), for: call)
  }

  @inline(never)
  private func attachedArray(of binding: Binding, for call: Call) throws(CommandError) -> ServedArray {
    // A primary's changes reach contents that are still on their way.
    if let array = binding.file.incomingArray, call.origin == .primary { return array }
    let array = try binding.file.attachedArray()
    // Replicas have not what it holds now. They are told from the event loop: a read replicates nothing.
    if !array.replication.isAnnounced { backfill.announceSoon(array, call.context) }
    return array
  }

  /// Whether replicas have an array for sure: a key that is there is bound to it.
  func isKnownToReplicas(_ array: ServedArray, _ context: Context) -> Bool {
    guard array.replication.isAnnounced else { return false }
    let key = OpenKey(context, key: array.replication.key)
    guard case .value(let binding) = key.contents(as: dataType) else { return false }
    return binding._withUnsafeGuaranteedRef { $0.file.array === array && $0.isWritable }
  }
}
