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

  private let reader: UnsafeMutablePointer<redisReader>
  private let handler: UnsafeMutablePointer<reply_handler>
  /// From the outermost to the innermost.
  private var open: [Aggregate] = []
  private var finished: Reply?
  /// Why a part was refused.
  private var failure: ClientError?

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

  /// Takes bytes that follow those it was given before.
  ///
  /// - Returns: the reply if they complete one, and how many of them come after it; nil if more are needed.
  /// - Throws: `ClientError.protocolViolation` if they are no reply; it can't be used any more then.
  func read(_ bytes: UnsafeRawBufferPointer) throws(ClientError) -> (reply: Reply, rest: Int)? {
    var object: UnsafeMutableRawPointer?
    guard redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) == REDIS_OK,
      redisReaderGetReply(reader, &object) == REDIS_OK
    else { throw failure ?? .protocolViolation(errorText) }
    guard let reply = finished else { return nil }
    finished = nil
    return (reply, reply_reader_give_back(reader))
  }

  private var errorText: String {
    withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  // MARK: - Parts

  private static func with(_ context: UnsafeMutableRawPointer?, _ body: (HiredisReader) -> Bool) -> Bool {
    guard let context else { return false }
    return Unmanaged<HiredisReader>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
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
    return true
  }
}
