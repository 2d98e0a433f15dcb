import CHiredis
import Glibc

/// hiredis's reader, which makes replies of bytes: those of RESP2, and in recent versions those of RESP3.
///
/// It hands over part by part; each goes into the aggregate that was begun last, so that no object stands between what
/// was received and the `Reply`.
final class HiredisReader {
  /// How many elements an aggregate may make room for before they arrive.
  private static let reservedElements = 1024

  /// An aggregate of which elements are missing.
  private struct Aggregate {
    let kind: Int32
    var elements: [Reply]
    var missingCount: Int

    /// The whole of it.
    var reply: Reply {
      switch kind {
      case REDIS_REPLY_SET: .set(elements)
      case REDIS_REPLY_PUSH: .push(elements)
      case REDIS_REPLY_MAP:
        .map(
          stride(from: 0, to: elements.count - 1, by: 2).map {
            Reply.Entry(key: elements[$0], value: elements[$0 + 1])
          })
      default: .array(elements)
      }
    }
  }

  private var reader: UnsafeMutablePointer<redisReader>
  private let handler: UnsafeMutablePointer<reply_handler>
  /// From the outermost to the innermost.
  private var open: [Aggregate] = []
  private var finished: Reply?
  /// Why a part was refused.
  private var failure: ClientError?
  /// How many bytes come after the innermost aggregate's beginning; nil unless hiredis goes no deeper.
  private var unreadCount: Int?

  /// - Throws: `ClientError.connection` if there is no memory.
  init() throws(ClientError) {
    handler = .allocate(capacity: 1)
    guard let reader = reply_reader_create(handler) else {
      handler.deallocate()
      throw ClientError(code: ENOMEM)
    }
    self.reader = reader
    handler.initialize(
      to: reply_handler(
        // Not retained: the reader, which alone uses it, ends with this object.
        context: Unmanaged.passUnretained(self).toOpaque(),
        text: { context, kind, bytes, count in
          HiredisReader.with(context) { $0.addText(kind, UnsafeRawBufferPointer(start: bytes, count: count)) }
        },
        integer: { context, value in HiredisReader.with(context) { $0.add(.integer(Int(value))) } },
        nil: { context in HiredisReader.with(context) { $0.add(.null) } },
        boolean: { context, value in HiredisReader.with(context) { $0.add(.boolean(value)) } },
        aggregate: { context, kind, count in HiredisReader.with(context) { $0.begin(kind, count) } }))
  }

  deinit {
    redisReaderFree(reader)
    handler.deallocate()
  }

  /// What becomes of bytes.
  enum Outcome {
    /// They end before the reply does.
    case needsMore
    /// They complete a reply, and so many of them come after it.
    case reply(Reply, rest: Int)
    /// The reply nests deeper than hiredis goes. So many of them come after what was read; the parts that are missing
    /// are for `complete(with:)`.
    case tooDeep(rest: Int)
  }

  /// Takes bytes that follow those it was given before.
  ///
  /// - Throws: `ClientError.protocolViolation` if they are no reply; it can't be used any more then.
  func read(_ bytes: UnsafeRawBufferPointer) throws(ClientError) -> Outcome {
    var object: UnsafeMutableRawPointer?
    guard redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) == REDIS_OK,
      redisReaderGetReply(reader, &object) == REDIS_OK
    else {
      guard let rest = unreadCount else { throw failure ?? .protocolViolation(errorText) }
      unreadCount = nil
      try startAnew()
      return .tooDeep(rest: rest)
    }
    if let reply = takeFinished() { return .reply(reply, rest: reply_reader_give_back(reader)) }
    guard !reply_reader_is_lost(reader) else { throw .protocolViolation("a string is longer than 2 GiB") }
    return .needsMore
  }

  /// How many aggregates the part stands in that comes next.
  var depth: Int { open.count }

  /// Takes the next part of a reply that nests too deep.
  ///
  /// - Returns: the reply if nothing is missing any more.
  func complete(with part: Reply) -> Reply? {
    _ = add(part)
    return takeFinished()
  }

  private func takeFinished() -> Reply? {
    defer { finished = nil }
    return finished
  }

  /// A reader that has failed is of no use any more.
  private func startAnew() throws(ClientError) {
    guard let next = reply_reader_create(handler) else { throw ClientError(code: ENOMEM) }
    redisReaderFree(reader)
    reader = next
  }

  private var errorText: String {
    withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  // MARK: - Parts

  private static func with(_ context: UnsafeMutableRawPointer?, _ body: (HiredisReader) -> Bool) -> Bool {
    guard let context else { return false }
    return body(Unmanaged<HiredisReader>.fromOpaque(context).takeUnretainedValue())
  }

  private func refuse(_ text: String) -> Bool {
    failure = .protocolViolation(text)
    return false
  }

  private func add(_ part: Reply) -> Bool {
    var whole = part
    while let last = open.indices.last {
      open[last].elements.append(whole)
      open[last].missingCount -= 1
      if open[last].missingCount > 0 { return true }
      whole = open.removeLast().reply
    }
    finished = whole
    return true
  }

  private func addText(_ kind: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    switch kind {
    case REDIS_REPLY_STRING: return add(.bulk(Array(bytes)))
    case REDIS_REPLY_STATUS: return add(.status(String(decoding: bytes, as: UTF8.self)))
    case REDIS_REPLY_ERROR: return add(.error(ServerError(text: bytes)))
    case REDIS_REPLY_DOUBLE: return add(.double(text: String(decoding: bytes, as: UTF8.self)))
    case REDIS_REPLY_BIGNUM: return add(.bigNumber(String(decoding: bytes, as: UTF8.self)))
    case REDIS_REPLY_VERB:
      // hiredis has seen that there is a format of three bytes, and a colon.
      let format = String(decoding: bytes.prefix(3), as: UTF8.self)
      return add(.verbatim(format: format, text: String(decoding: bytes.dropFirst(4), as: UTF8.self)))
    default: return refuse("a reply of a kind that is not known: \(kind)")
    }
  }

  private func begin(_ kind: Int32, _ count: Int) -> Bool {
    // hiredis would count an attribute among the elements of what it stands in.
    guard kind != REDIS_REPLY_ATTR else { return refuse("an attribute inside a reply") }
    guard open.count < ReplyReader.maximumDepth - 1 else {
      return refuse("aggregates nest deeper than \(ReplyReader.maximumDepth)")
    }
    var aggregate = Aggregate(kind: kind, elements: [], missingCount: count)
    guard count > 0 else { return add(aggregate.reply) }
    aggregate.elements.reserveCapacity(min(count, Self.reservedElements))
    open.append(aggregate)
    guard open.count < reply_reader_depth() else {
      // It would refuse an aggregate in this one, and forget where that begins.
      unreadCount = reader.pointee.len - reader.pointee.pos
      return false
    }
    return true
  }
}
