import CModuleShim

/// The record that the server is saving or loading.
struct ServerRecord {
  private let io: OpaquePointer?

  init(_ io: OpaquePointer?) {
    self.io = io
  }
}

extension ServerRecord: RecordSource {
  func unsigned() -> UInt64? {
    let number = server_LoadUnsigned(io)
    return server_IsIOError(io) == 0 ? number : nil
  }

  func string<Result>(
    _ body: (UnsafeRawBufferPointer) throws(LoadError) -> Result
  ) throws(LoadError) -> Result? {
    var length = 0
    // The server allocates no more than is there to read.
    guard let start = server_LoadStringBuffer(io, &length) else { return nil }
    defer { server_Free(start) }
    guard server_IsIOError(io) == 0 else { return nil }
    return try body(UnsafeRawBufferPointer(start: start, count: length))
  }
}

extension ServerRecord: RecordSink {
  func write(_ number: UInt64) { server_SaveUnsigned(io, number) }

  func write(_ string: UnsafeRawBufferPointer) {
    server_SaveStringBuffer(io, string.assumingMemoryBound(to: CChar.self).baseAddress, string.count)
  }
}
