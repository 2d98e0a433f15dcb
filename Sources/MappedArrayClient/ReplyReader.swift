import CHiredis
import Glibc

/// Reads replies from a descriptor that blocks.
///
/// ``HiredisReader`` makes what it can of the bytes that are received here. What it cannot is read here as well:
/// - RESP3, where hiredis does not know all that servers send in it: before 1.1. Of later versions none knows bulk
///   errors, and an attribute is to them a reply or an element of its own; a reply that begins with either is read here.
/// - what stands in eight arrays, where hiredis goes no deeper: before 1.0.
/// - bulk strings that go straight into the caller's memory, and replies that are discarded: hiredis gathers a string
///   in its own memory before it hands it over, and has no way to leave anything out.
///
/// What the peer sends is not trusted: nesting, and what is allocated ahead of the bytes that fill it, are bounded, lines
/// too that are read here, and anything malformed is a `ClientError.protocolViolation`.
struct ReplyReader: ~Copyable {
  /// How deep aggregates may nest in a reply that is kept; each level is a level of the stack.
  static let maximumDepth = 64

  private let descriptor: Int32
  private let version: ProtocolVersion
  /// nil if nothing is left to hiredis.
  private let hiredis: HiredisReader?
  private let buffer: UnsafeMutableRawBufferPointer
  /// The part of `buffer` that was received and not yet consumed.
  private var unread = 0..<0

  /// A reader of `descriptor`, which must stay open as long as the reader is used.
  init(descriptor: Int32, protocolVersion: ProtocolVersion) throws(ClientError) {
    self.descriptor = descriptor
    version = protocolVersion
    hiredis = protocolVersion == .resp2 || reply_reader_knows_resp3() ? try HiredisReader() : nil
    // No line may be longer than this.
    buffer = .allocate(byteCount: 64 * 1024, alignment: 16)
  }

  deinit {
    buffer.deallocate()
  }

  /// The byte that comes next, which is not consumed.
  mutating func nextByte() throws(ClientError) -> UInt8 {
    while unread.isEmpty { try fill() }
    return buffer[unread.lowerBound]
  }

  /// Reads the next reply with hiredis; nil, and nothing is consumed, if it can't.
  mutating func replyOfHiredis() throws(ClientError) -> Reply? {
    let first = try nextByte()
    let isUnknown = version == .resp3 && (first == Kind.attribute.rawValue || first == Kind.bulkError.rawValue)
    guard let hiredis, !isUnknown else { return nil }
    // What is behind the reply comes back: little more than is needed is given, or it would be copied time and again.
    var portion = 512
    while true {
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[unread].prefix(portion))
      let outcome = try hiredis.read(bytes)
      unread = unread.lowerBound + bytes.count..<unread.upperBound
      switch outcome {
      case .needsMore: break
      case .reply(let reply, let rest):
        unread = unread.lowerBound - rest..<unread.upperBound
        return reply
      case .tooDeep(let rest):
        unread = unread.lowerBound - rest..<unread.upperBound
        while true {
          if let reply = hiredis.complete(with: try reply(depth: hiredis.depth)) { return reply }
        }
      }
      portion = min(2 * portion, buffer.count)
      _ = try nextByte()
    }
  }

  /// Consumes a line and returns its bytes without the end, which are valid until more is read.
  mutating func line() throws(ClientError) -> UnsafeRawBufferPointer {
    var searched = 0
    while true {
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[unread])
      if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        guard end > 0, bytes[end - 1] == UInt8(ascii: "\r") else {
          throw .protocolViolation("a line does not end with CR LF")
        }
        unread = unread.lowerBound + end + 1..<unread.upperBound
        return UnsafeRawBufferPointer(rebasing: bytes[..<(end - 1)])
      }
      searched = bytes.count
      guard searched < buffer.count else { throw .protocolViolation("a line is longer than \(buffer.count) bytes") }
      try fill()
    }
  }

  /// Consumes as many bytes as `destination` has room for. What the buffer does not hold is received in place.
  mutating func read(into destination: UnsafeMutableRawBufferPointer) throws(ClientError) {
    let buffered = min(unread.count, destination.count)
    destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[unread].prefix(buffered)))
    unread = unread.lowerBound + buffered..<unread.upperBound
    var filled = buffered
    while filled < destination.count {
      // The buffer is empty here: the same call takes what follows the destination's bytes into it.
      let rest = UnsafeMutableRawBufferPointer(rebasing: destination[filled...])
      let count = try receive(into: rest, and: buffer)
      unread = 0..<max(0, count - rest.count)
      filled += min(count, rest.count)
    }
  }

  /// Consumes `count` bytes and forgets them.
  mutating func skip(_ count: Int) throws(ClientError) {
    var rest = count
    while rest > unread.count {
      rest -= unread.count
      unread = 0..<0
      try fill()
    }
    unread = unread.lowerBound + rest..<unread.upperBound
  }

  /// Consumes the CR LF after a payload.
  mutating func lineEnd() throws(ClientError) {
    while unread.count < 2 { try fill() }
    guard buffer[unread].starts(with: [UInt8(ascii: "\r"), UInt8(ascii: "\n")]) else {
      throw .protocolViolation("a payload does not end where it should")
    }
    unread = unread.lowerBound + 2..<unread.upperBound
  }

  /// Receives at least one byte into the buffer, which must not be full of unread ones.
  private mutating func fill() throws(ClientError) {
    if unread.isEmpty {
      unread = 0..<0
    } else if unread.upperBound == buffer.count {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[unread]))
      unread = 0..<unread.count
    }
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer[unread.upperBound...])
    let count = try receive(into: room, and: UnsafeMutableRawBufferPointer(rebasing: buffer[..<0]))
    unread = unread.lowerBound..<unread.upperBound + count
  }

  /// Receives at least one byte into `first` and, once that is full, into `second`; returns how many.
  private func receive(
    into first: UnsafeMutableRawBufferPointer, and second: UnsafeMutableRawBufferPointer
  ) throws(ClientError) -> Int {
    while true {
      let count = withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { vectors in
        vectors.initializeElement(at: 0, to: iovec(iov_base: first.baseAddress, iov_len: first.count))
        vectors.initializeElement(at: 1, to: iovec(iov_base: second.baseAddress, iov_len: second.count))
        return readv(descriptor, vectors.baseAddress, 2)
      }
      if count > 0 { return count }
      if count == 0 { throw .connection(code: ECONNRESET, message: "the server closed the connection") }
      let code = errno
      if code == EAGAIN { throw .timeout }
      if code != EINTR { throw ClientError(code: code) }
    }
  }
}

extension ClientError {
  /// A connection's failure with the text of `errno`.
  init(code: Int32) {
    self = .connection(code: code, message: String(cString: strerror(code)))
  }
}
