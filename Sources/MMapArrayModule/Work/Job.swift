import CModuleShim
import MappedArray

/// Sliced work of a client that is blocked until it is done.
class AnyJob {
  fileprivate var client: OpaquePointer?

  /// Does the next slice and answers whether more are left.
  func advance() -> Bool { false }

  fileprivate func reply(to call: Call) -> Int32 { Int32(SERVER_OK) }

  /// Lets the client go on; the reply is made when the server wakes it.
  final func finish() {
    _ = server_UnblockClient(client, Unmanaged.passUnretained(self).toOpaque())
  }

  fileprivate static var reply: ServerCommandFunction {
    { context, arguments, count in
      guard let data = server_GetBlockedClientPrivateData(context), let call = Call(context, arguments, count) else {
        return Int32(SERVER_ERROR)
      }
      // What `finish` handed over.
      return Unmanaged<AnyJob>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.reply(to: call) }
    }
  }

  fileprivate static var release: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void {
    { _, data in
      guard let data else { return }
      Unmanaged<AnyJob>.fromOpaque(data).release()
    }
  }
}

final class Job<Work: SlicedWork>: AnyJob {
  private var work: Work
  private let array: TypedArray<Work.Element>
  private var failure: CommandError?
  /// A context of its own for what is told of changes, in the client's database.
  private let context: OpaquePointer?
  private let key: OpaquePointer?

  /// Blocks the client; nil if the server will not have it.
  init?(_ work: Work, on array: TypedArray<Work.Element>, for call: Call) {
    self.work = work
    self.array = array
    let client = server_BlockClient(call.context, AnyJob.reply, nil, AnyJob.release, 0)
    guard client != nil else { return nil }
    context = server_GetThreadSafeContext(client)
    key = server_CreateStringFromString(nil, call.key)
    super.init()
    self.client = client
    // The array stays mapped until the work is done, whatever becomes of its keys.
    Module.current.arrays.retain(array)
    // The server holds the job from now on, until it calls `release`.
    _ = Unmanaged.passRetained(self)
  }

  deinit {
    server_FreeString(nil, key)
    server_FreeThreadSafeContext(context)
    Module.current.arrays.release(array)
  }

  override func advance() -> Bool {
    do throws(CommandError) {
      let isMore = try work.advance(array)
      if let event = work.event {
        _ = server_SignalModifiedKey(context, key)
        if !isMore { notify(event) }
      }
      return isMore
    } catch {
      failure = error
      return false
    }
  }

  private func notify(_ event: StaticString) {
    Call.notify(context, event, key)
  }

  fileprivate override func reply(to call: Call) -> Int32 {
    if let failure { return failure.reply(to: call) }
    work.reply(to: call)
    return Int32(SERVER_OK)
  }
}
