import CModuleShim
import DecimalText
import MappedArray

extension Call {
  @discardableResult
  func reply(_ integer: Int) -> Int32 { server_ReplyWithLongLong(context, Int64(integer)) }

  /// An integer of any size: a big number where it has more than 64 bits.
  func reply(exact integer: Int128) {
    if let integer = Int64(exactly: integer) {
      _ = server_ReplyWithLongLong(context, integer)
    } else {
      let digits = "\(integer)"
      _ = server_ReplyWithBigNumber(context, digits, digits.utf8.count)
    }
  }

  @discardableResult
  func replyOK() -> Int32 { server_ReplyWithSimpleString(context, "OK") }

  @discardableResult
  func replyNull() -> Int32 { server_ReplyWithNull(context) }

  /// Begins an array; as many replies must follow.
  @discardableResult
  func replyArray(count: Int) -> Int32 { server_ReplyWithArray(context, count) }

  @discardableResult
  func reply(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    server_ReplyWithStringBuffer(context, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
  }

  @discardableResult
  func reply(_ text: String) -> Int32 {
    var text = text
    return text.withUTF8 { reply(UnsafeRawBufferPointer($0)) }
  }

  /// Calls `body` with what replies elements of one type to this call.
  @inline(__always)
  func withElementReply<Element: MappableElement, Failure: Error>(
    of type: Element.Type, _ body: (ElementReply<Element>) throws(Failure) -> Void
  ) throws(Failure) {
    // Only floats look different in RESP3.
    var isRESP3 = false
    if case .floating = type.zero.number { isRESP3 = has(SERVER_CONTEXT_RESP3) }
    try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberText.room) { room throws(Failure) in
      // The buffer has a capacity, so it has an address.
      guard let text = room.baseAddress else { return }
      try body(ElementReply(context: context, text: text, isRESP3: isRESP3))
    }
  }
}

/// Replies elements: integers as integers, a u64 above 2⁶³−1 as a big number, floats as text (RESP2) or doubles (RESP3).
struct ElementReply<Element: MappableElement> {
  fileprivate let context: OpaquePointer?
  /// Room for the text of one number.
  fileprivate let text: UnsafeMutablePointer<UInt8>
  fileprivate let isRESP3: Bool

  @inline(__always)
  func callAsFunction(_ element: Element) {
    switch element.number {
    case .integer(let integer):
      _ = server_ReplyWithLongLong(context, integer)
    case .large:
      // In RESP2 the server makes a bulk string of it.
      _ = server_ReplyWithBigNumber(context, text, element.write(to: text))
    case .floating(let double):
      if isRESP3 {
        replyDouble(element, double)
      } else {
        _ = server_ReplyWithStringBuffer(context, text, element.write(to: text))
      }
    }
  }

  /// The server writes the text of a double itself. An f32 is sent as the double that its own shortest text reads as, so
  /// that servers that write the shortest text (Redis 7.2, Valkey 8) write that one.
  private func replyDouble(_ element: Element, _ double: Double) {
    let bytes = UnsafeRawBufferPointer(start: text, count: element.write(to: text))
    // Its own text always reads back. NaN has no sign here.
    let shortest = (try? NumberParser.double(bytes)) ?? double
    _ = server_ReplyWithDouble(context, shortest)
  }

  func null() { _ = server_ReplyWithNull(context) }
}
