import CModuleShim
import Glibc

/// When changes are flushed to the disk: the configuration `mmaparray.fsync`, with the meaning of `appendfsync`.
enum FlushPolicy: Int32, CaseIterable {
  /// By the kernel, when it likes.
  case no
  /// About once a second, off the main thread.
  case everysec
  /// Before the reply.
  case always

  // Read by commands and written by CONFIG SET, both on the main thread.
  nonisolated(unsafe) private(set) static var current = FlushPolicy.everysec

  static func register(_ context: OpaquePointer?) throws(LoadError) {
    let names = FlushPolicy.allCases.map { strdup("\($0)") }
    defer { for name in names { free(name) } }
    var pointers = names.map { UnsafePointer($0) }
    let values = FlushPolicy.allCases.map(\.rawValue)
    let status = server_RegisterEnumConfig(
      context, "fsync", FlushPolicy.everysec.rawValue, UInt32(SERVER_CONFIG_DEFAULT), &pointers, values,
      Int32(values.count), { _, _ in FlushPolicy.current.rawValue },
      { _, value, _, _ in
        guard let policy = FlushPolicy(rawValue: value) else { return Int32(SERVER_ERROR) }
        FlushPolicy.current = policy
        return Int32(SERVER_OK)
      }, nil, nil)
    guard status == SERVER_OK else {
      throw LoadError(message: "the configuration 'mmaparray.fsync' cannot be registered")
    }
  }
}
