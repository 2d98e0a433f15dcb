import CModuleShim

extension Context {
  /// Calls `body` once, on the main thread, after some time.
  ///
  /// - Parameters:
  ///   - milliseconds: 0 for the next turn of the event loop.
  ///   - body: what is called.
  public func schedule(afterMilliseconds milliseconds: Int, _ body: @escaping (Context) -> Void) {
    _ = server_CreateTimer(
      pointer, Int64(milliseconds),
      { context, data in
        guard let data else { return }
        // The reference below.
        Unmanaged<Scheduled>.fromOpaque(data).takeRetainedValue().body(Context(context))
      }, Unmanaged.passRetained(Scheduled(body)).toOpaque())
  }
}

private final class Scheduled {
  let body: (Context) -> Void
  init(_ body: @escaping (Context) -> Void) { self.body = body }
}
