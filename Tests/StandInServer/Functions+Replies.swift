import CStandInServer
import Glibc

extension StandInServer {
  func addReplies(to table: inout ServerFunctions) {
    table.GetContextFlags = { context in
      // Without a context a server knows its own state only.
      Int32(truncatingIfNeeded: context == nil ? 0 : server.find(context, ContextHandle.self)?.flags ?? 0)
    }
    table.WrongArity = { context in
      let name = server.find(context, ContextHandle.self)?.command?.words.first ?? []
      return server.reply(
        context, .error("ERR wrong number of arguments for '\(String(decoding: name, as: UTF8.self))' command"))
    }
    table.ReplyWithLongLong = { server.reply($0, .integer(Int($1))) }
    table.ReplyWithStringBuffer = { context, bytes, length in
      server.reply(context, .bulk(Array(UnsafeRawBufferPointer(start: bytes, count: length))))
    }
    table.ReplyWithDouble = { context, double in
      server.reply(context, server.isRESP3(context) ? .double(double) : .bulk("\(double)"))
    }
    table.ReplyWithBigNumber = { context, digits, length in
      let text = String(decoding: UnsafeRawBufferPointer(start: digits, count: length), as: UTF8.self)
      return server.reply(context, server.isRESP3(context) ? .bigNumber(text) : .bulk(text))
    }
    table.ReplyWithNull = { server.reply($0, .null) }
    table.ReplyWithSimpleString = { server.reply($0, .simple(text($1) ?? "")) }
    table.ReplyWithError = { server.reply($0, .error(text($1) ?? "")) }
    table.ReplyWithArray = { server.begin($0, isMap: false, Int($1)) }
    table.ReplyWithMap = { server.begin($0, isMap: server.isRESP3($0), 2 * Int($1)) }
  }

  private func isRESP3(_ context: OpaquePointer?) -> Bool {
    (find(context, ContextHandle.self)?.flags ?? 0) & SERVER_CONTEXT_RESP3 != 0
  }

  private func reply(_ context: OpaquePointer?, _ reply: Reply) -> Int32 {
    find(context, ContextHandle.self)?.builder.add(reply)
    return Int32(SERVER_OK)
  }

  private func begin(_ context: OpaquePointer?, isMap: Bool, _ count: Int) -> Int32 {
    find(context, ContextHandle.self)?.builder.begin(isMap: isMap, count: count)
    return Int32(SERVER_OK)
  }
}
