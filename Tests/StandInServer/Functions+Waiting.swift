import CStandInServer
import Glibc

extension StandInServer {
  func addWaiting(to table: inout ServerFunctions) {
    table.BlockClient = { context, reply, _, free, _ in
      guard let context: ContextHandle = server.find(context) else { return nil }
      let mayWait = context.flags & SERVER_CONTEXT_DENY_BLOCKING == 0
      // As the server does: whoever cannot wait gets an error, and the module a client that is none.
      if !mayWait { context.builder.add(.error("ERR Blocking module command called from script or transaction")) }
      let client = BlockedClientHandle(mayWait ? context.command : nil, reply: reply, free: free)
      if mayWait { context.command?.blocked = client }
      if mayWait { context.command?.wasBlocked = true }
      return server.handles.lend(client)
    }
    table.UnblockClient = { client, data in
      guard let handle: BlockedClientHandle = server.find(client) else { return Int32(SERVER_ERROR) }
      handle.data = data
      server.unblocked.withLock { $0.append(handle) }
      return Int32(SERVER_OK)
    }
    table.GetBlockedClientPrivateData = { server.find($0, ContextHandle.self)?.privateData }
    table.SetDisconnectCallback = { client, function in
      server.find(client, BlockedClientHandle.self)?.disconnected = function
    }
    table.GetDetachedThreadSafeContext = { _ in server.handles.lend(ContextHandle(flags: 0)) }
    table.GetThreadSafeContext = { client in
      guard client != nil else { return server.handles.lend(ContextHandle(flags: 0)) }
      guard let client: BlockedClientHandle = server.find(client) else { return nil }
      let context = ContextHandle(flags: client.command?.caller.flags ?? 0, command: client.command)
      client.threadSafeContext = context
      return server.handles.lend(context)
    }
    table.FreeThreadSafeContext = { server.end($0, ContextHandle.self) }
    table.EventLoopAdd = { file, mask, function, data in
      guard let function, Int(mask) == SERVER_EVENT_LOOP_READABLE else { return Int32(SERVER_ERROR) }
      server.readers[file] = Reader(function: function, data: data)
      return Int32(SERVER_OK)
    }
    table.EventLoopDel = { file, _ in
      server.readers[file] = nil
      return Int32(SERVER_OK)
    }
    table.CreateTimer = { _, milliseconds, function, data in
      guard let function else { return 0 }
      server.lastTimer += 1
      server.timers.append(
        Timer(identifier: server.lastTimer, due: server.now + milliseconds, function: function, data: data))
      return server.lastTimer
    }
  }
}
