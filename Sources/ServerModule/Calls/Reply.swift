import CModuleShim

/// Writes the reply to a call. What the client sees depends on its protocol: RESP2 or RESP3.
public struct Reply {
  let context: OpaquePointer?

  @inline(__always)
  init(_ context: Context) { self.context = context.pointer }

  /// Whether the client speaks RESP3.
  public var isRESP3: Bool { Context(context).has(SERVER_CONTEXT_RESP3) }

  @inline(__always)
  public func integer(_ integer: Int) { _ = server_ReplyWithLongLong(context, Int64(integer)) }

  @inline(__always)
  public func integer(_ integer: Int64) { _ = server_ReplyWithLongLong(context, integer) }

  /// An integer of any size, as its decimal digits: a big number in RESP3, a bulk string in RESP2.
  @inline(__always)
  public func bigNumber(_ digits: UnsafeRawBufferPointer) {
    _ = server_ReplyWithBigNumber(context, digits.assumingMemoryBound(to: CChar.self).baseAddress, digits.count)
  }

  /// A double in RESP3, its text in RESP2. The server makes the text: Redis before 7.2 with 17 digits, others the
  /// shortest that reads back.
  public func double(_ double: Double) { _ = server_ReplyWithDouble(context, double) }

  public func null() { _ = server_ReplyWithNull(context) }

  /// A bulk string.
  @inline(__always)
  public func bytes(_ bytes: UnsafeRawBufferPointer) {
    _ = server_ReplyWithStringBuffer(context, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
  }

  public func bytes(_ bytes: [UInt8]) { bytes.withUnsafeBytes { self.bytes($0) } }

  /// A bulk string.
  public func text(_ text: String) {
    var text = text
    text.withUTF8 { bytes(UnsafeRawBufferPointer($0)) }
  }

  /// The simple string `OK`.
  public func ok() { _ = server_ReplyWithSimpleString(context, "OK") }

  /// Begins an array: `count` replies must follow.
  @inline(__always)
  public func array(count: Int) { _ = server_ReplyWithArray(context, count) }

  /// Begins a map: `count` pairs of replies must follow, each a name and its value.
  public func map(count: Int) { _ = server_ReplyWithMap(context, count) }

  /// - Returns: what a command's C function returns then.
  @discardableResult
  public func error(_ error: some CallError) -> Int32 {
    guard let text = error.reply else { return server_WrongArity(context) }
    return server_ReplyWithError(context, text)
  }
}
