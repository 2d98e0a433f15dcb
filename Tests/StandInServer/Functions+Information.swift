import CStandInServer
import Glibc

extension StandInServer {
  func addInformation(to table: inout ServerFunctions) {
    table.GetServerInfo = { _, section in
      server.handles.lend(InformationHandle(server.information[text(section) ?? ""] ?? [:]))
    }
    table.FreeServerInfo = { _, information in server.end(information, InformationHandle.self) }
    table.ServerInfoGetFieldC = { information, field in
      server.find(information, InformationHandle.self)?.field(text(field) ?? "")
    }
    table.CallReplyType = { reply in
      Int32(server.find(reply, CallReplyHandle.self)?.isError == false ? SERVER_REPLY_STRING : SERVER_REPLY_ERROR)
    }
    table.CallReplyArrayElement = { reply, _ in reply }
    table.CallReplyStringPtr = { reply, length in
      guard let text = server.find(reply, CallReplyHandle.self)?.text else { return nil }
      length?.pointee = text.bytes.count
      return text.start
    }
    table.FreeCallReply = { server.end($0, CallReplyHandle.self) }
  }

  func note(_ level: UnsafePointer<CChar>?, _ message: UnsafePointer<CChar>?) {
    log.append("\(text(level) ?? ""): \(text(message) ?? "")")
  }

  func replicate(_ context: OpaquePointer?, _ command: UnsafePointer<stand_in_command>?) -> Int32 {
    guard let context: ContextHandle = find(context), let command = command?.pointee else { return Int32(SERVER_ERROR) }
    guard context.flags & SERVER_CONTEXT_LOADING == 0 else { return Int32(SERVER_OK) }
    let flags = text(command.flags) ?? ""
    let isReplica = context.flags & (SERVER_CONTEXT_REPLICATED | SERVER_CONTEXT_REPLICA) != 0
    let propagation = Propagation(
      words: command.allWords, toAOF: !flags.contains("A"), toReplicas: !flags.contains("R") && !isReplica)
    if propagation.toAOF || propagation.toReplicas { effects.propagations.append(propagation) }
    return Int32(SERVER_OK)
  }

  func emit(_ io: OpaquePointer?, _ command: UnsafePointer<stand_in_command>?) {
    guard let io: IOHandle = find(io), let command = command?.pointee else { return }
    io.commands.append(command.allWords)
  }

  func call(_ context: OpaquePointer?, _ command: UnsafePointer<stand_in_command>?) -> OpaquePointer? {
    guard let command = command?.pointee else { return nil }
    let line = command.allWords.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    calls.append(line)
    let flags = text(command.flags) ?? ""
    if flags == "SE", let refusal = refusals[line] {
      errno = ESPIPE
      return handles.lend(CallReplyHandle(refusal, isError: true))
    }
    // What is called to hear whether writing is allowed.
    if line.hasPrefix("RENAMENX "), callReplies[line] == nil { return handles.lend(CallReplyHandle("0")) }
    return callReplies[line].flatMap { handles.lend(CallReplyHandle($0)) }
  }
}

extension stand_in_command {
  fileprivate var allWords: [[UInt8]] {
    let arguments = UnsafeBufferPointer(start: words, count: count).map { word in
      Array(UnsafeRawBufferPointer(start: word.bytes, count: word.length))
    }
    return [Array((text(name) ?? "").utf8)] + arguments
  }
}
