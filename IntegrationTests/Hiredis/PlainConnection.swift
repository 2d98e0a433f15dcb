import CHiredis
import CHiredisCalls
import Glibc
import MappedArrayClient
import Testing

/// A connection as programs in C have it: hiredis's own calls, which block, and nothing of this package.
final class PlainConnection {
  let context: UnsafeMutablePointer<redisContext>

  init(_ server: ModuleServer) throws {
    context = try #require(redisConnectUnix(server.live.socket))
    #expect(context.pointee.err == REDIS_OK)
  }

  deinit {
    redisFree(context)
  }

  /// Calls one of hiredis's functions, and takes over the reply that it makes.
  func callAsFunction(
    _ body: (UnsafeMutablePointer<redisContext>) -> UnsafeMutablePointer<redisReply>?
  ) throws -> Reply {
    let reply = try #require(body(context), "the connection broke: \(context.pointee.err)")
    defer { freeReplyObject(reply) }
    return try Reply(reply.pointee)
  }

  /// Sends a command of these words with `redisCommandArgv`.
  func callAsFunction(_ words: String...) throws -> Reply {
    var strings = words.map { UnsafePointer(strdup($0)) }
    defer { for string in strings { free(UnsafeMutablePointer(mutating: string)) } }
    return try self { context in
      redisCommandArgv(context, Int32(words.count), &strings, words.map(\.utf8.count))?
        .assumingMemoryBound(to: redisReply.self)
    }
  }

  /// The next reply to what was appended.
  func next() throws -> Reply {
    var reply: UnsafeMutableRawPointer?
    try #require(redisGetReply(context, &reply) == REDIS_OK)
    return try self { _ in reply?.assumingMemoryBound(to: redisReply.self) }
  }
}

extension Reply {
  /// What hiredis made of a reply. Its types are those of RESP2, one for each kind.
  fileprivate init(_ reply: redisReply) throws {
    let bytes = UnsafeRawBufferPointer(start: reply.str, count: reply.str == nil ? 0 : Int(reply.len))
    switch reply.type {
    case REDIS_REPLY_STRING: self = .bulk(Array(bytes))
    case REDIS_REPLY_STATUS: self = .status(String(decoding: bytes, as: UTF8.self))
    case REDIS_REPLY_ERROR: self = .error(String(decoding: bytes, as: UTF8.self))
    case REDIS_REPLY_INTEGER: self = .integer(Int(reply.integer))
    case REDIS_REPLY_NIL: self = .null
    case REDIS_REPLY_ARRAY:
      let elements = UnsafeBufferPointer(start: reply.element, count: Int(reply.elements))
      self = .array(try elements.map { try Reply(try #require($0).pointee) })
    default: throw ClientError.protocolViolation("a reply of type \(reply.type)")
    }
  }
}
