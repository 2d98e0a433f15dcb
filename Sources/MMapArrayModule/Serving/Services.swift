import Glibc
import MappedArray
import ModuleWork
import ServerModule

/// What commands and callbacks work with. Made once, when the module is loaded.
final class Services {
  let dataType: DataType<Binding>
  let arrays: ArrayRegistry
  let work = WorkQueue()
  let workers = WorkerPool()
  let workSettings: WorkSettings
  let memory = WorkMemory()
  let flusher: Flusher
  let stream: ReplicationStream
  let backfill: Backfill
  let propagation: Propagation
  let saving = Saving()
  let staging: Staging
  /// The one that loads the module, and serves.
  let mainThread = pthread_self()

  init(dataType: DataType<Binding>, root: consuming Root, flushSetting: FlushSetting, workSettings: WorkSettings) {
    self.dataType = dataType
    self.workSettings = workSettings
    arrays = ArrayRegistry(root: root, flushRetired: Flusher.flushUnwatched)
    flusher = Flusher(arrays, flushSetting)
    stream = ReplicationStream(arrays)
    backfill = Backfill(arrays, stream)
    propagation = Propagation(stream, backfill, flusher)
    staging = Staging(arrays, stream)
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
    let array = if let array = binding.unpropagatedArray { array } else { try binding.attachAgain() }
    binding.isPropagated = propagation.propagateAttached(binding, to: array, by: call)
    return array
  }
}
