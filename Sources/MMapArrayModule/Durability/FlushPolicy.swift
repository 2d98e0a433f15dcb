import CModuleShim

/// When changes are flushed to the disk: the configuration `mmaparray.fsync`, with the meaning of `appendfsync`.
enum FlushPolicy: Int32, CaseIterable {
  /// By the kernel, when it likes.
  case no
  /// About once a second, off the main thread.
  case everysec
  /// Before the reply.
  case always

  private var name: StaticString {
    switch self {
    case .no: "no"
    case .everysec: "everysec"
    case .always: "always"
    }
  }

  // Read by commands and written by CONFIG SET, both on the main thread.
  nonisolated(unsafe) private(set) static var current = FlushPolicy.everysec

  static func register(_ context: OpaquePointer?) throws(LoadError) {
    // The server copies the names. A static string ends in a zero byte.
    var names = FlushPolicy.allCases.map { policy -> UnsafePointer<CChar>? in
      UnsafeRawPointer(policy.name.utf8Start).assumingMemoryBound(to: CChar.self)
    }
    let values = FlushPolicy.allCases.map(\.rawValue)
    let status = server_RegisterEnumConfig(
      context, "fsync", FlushPolicy.everysec.rawValue, UInt32(SERVER_CONFIG_DEFAULT), &names, values,
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
