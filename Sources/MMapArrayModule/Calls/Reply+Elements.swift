import DecimalText
import MappedArray
import ServerModule

extension Reply {
  /// An integer of any size: a big number where it has more than 64 bits.
  func exactInteger(_ integer: Int128) {
    if let integer = Int64(exactly: integer) { return self.integer(integer) }
    var digits = "\(integer)"
    digits.withUTF8 { bigNumber(UnsafeRawBufferPointer($0)) }
  }

  /// Calls `body` with what replies elements of one type.
  ///
  /// - Parameter isRESP3: whether the client speaks that; other threads cannot ask.
  @inline(__always)
  func withElements<Element: MappableElement, Failure: Error>(
    of type: Element.Type, isRESP3: @autoclosure () -> Bool, _ body: (ElementReply<Element>) throws(Failure) -> Void
  ) throws(Failure) {
    // Only floats look different in RESP3.
    let usesDoubles = Element.numberKind == .floatingPoint && isRESP3()
    try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Element.textRoom) { room throws(Failure) in
      // The buffer has a capacity, so it has an address.
      guard let text = room.baseAddress else { return }
      try body(ElementReply(reply: self, text: text, usesDoubles: usesDoubles))
    }
  }

  /// Calls `body` with what replies elements of one type, on the main thread.
  @inline(__always)
  func withElements<Element: MappableElement, Failure: Error>(
    of type: Element.Type, _ body: (ElementReply<Element>) throws(Failure) -> Void
  ) throws(Failure) {
    try withElements(of: type, isRESP3: isRESP3, body)
  }
}

/// Replies elements: integers as integers, a u64 above 2⁶³−1 as a big number, floats as text (RESP2) or doubles (RESP3),
/// strings as strings.
struct ElementReply<Element: MappableElement> {
  fileprivate let reply: Reply
  /// Room for the text of one number.
  fileprivate let text: UnsafeMutablePointer<UInt8>
  fileprivate let usesDoubles: Bool

  @inline(__always)
  func callAsFunction(_ element: Element) {
    switch element.number {
    case .integer(let integer): reply.integer(integer)
    // In RESP2 the server makes a bulk string of it.
    case .large: reply.bigNumber(write(element))
    case .text: reply.bytes(write(element))
    case .floating(let double):
      if usesDoubles { replyDouble(element, double) } else { reply.bytes(write(element)) }
    }
  }

  /// The server writes the text of a double itself. An f32 is sent as the double that its own shortest text reads as, so
  /// that servers that write the shortest text (Redis 7.2, Valkey 8) write that one.
  private func replyDouble(_ element: Element, _ double: Double) {
    // Its own text always reads back. NaN has no sign here.
    reply.double((try? NumberParser.double(write(element))) ?? double)
  }

  @inline(__always)
  private func write(_ element: Element) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text, count: element.write(to: text))
  }

  func null() { reply.null() }
}
