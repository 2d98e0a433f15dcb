import CModuleShim

/// The section `mmaparray` of `INFO`.
enum ServerInformation {
  static func register(_ context: OpaquePointer?) {
    _ = server_RegisterInfoFunc(context) { information, isCrashReport in
      // The registry may be in the middle of something when the server crashes.
      guard isCrashReport == 0 else { return }
      // The server puts the module's name before each.
      _ = server_InfoAddSection(information, "")
      let totals = Module.current.arrays.totals()
      let fields = [
        ("arrays", totals.arrays), ("bindings", totals.bindings), ("mapped_bytes", totals.mappedBytes),
        ("jobs", Module.current.work.count), ("flushes", Module.current.flusher.flushes),
        ("faults", Module.current.faults), ("flush_failures", Module.current.flusher.failures),
        ("shipping_bytes", Module.current.shipments.pendingBytes),
      ]
      for (name, value) in fields { _ = server_InfoAddFieldLongLong(information, name, Int64(value)) }
    }
  }
}
