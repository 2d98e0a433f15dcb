import CModuleShim

/// A descriptor that the server's event loop watches: each turn in which it can be read calls a function, after the
/// clients that were ready have been served.
///
/// Watched from `start()` to `stop()`; whoever made it keeps it as long.
public final class ReadableDescriptor {
  private let descriptor: Int32
  private let body: () -> Void
  private var isWatched = false

  /// - Parameters:
  ///   - descriptor: remains the caller's.
  ///   - body: is called on the main thread while there is something to read.
  public init(_ descriptor: Int32, _ body: @escaping () -> Void) {
    self.descriptor = descriptor
    self.body = body
  }

  deinit { stop() }

  /// - Returns: false if the server has no room for it.
  public func start() -> Bool {
    guard !isWatched else { return true }
    let status = server_EventLoopAdd(
      descriptor, Int32(SERVER_EVENT_LOOP_READABLE),
      { _, data, _ in
        guard let data else { return }
        // Kept by its owner, also when the function stops it.
        Unmanaged<ReadableDescriptor>.fromOpaque(data).takeUnretainedValue().body()
      }, Unmanaged.passUnretained(self).toOpaque())
    isWatched = status == SERVER_OK
    return isWatched
  }

  public func stop() {
    guard isWatched else { return }
    _ = server_EventLoopDel(descriptor, Int32(SERVER_EVENT_LOOP_READABLE))
    isWatched = false
  }
}
