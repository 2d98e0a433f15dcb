import CStandInServer
import Glibc

extension StandInServer {
  func addStrings(to table: inout ServerFunctions) {
    table.StringPtrLen = { string, length in
      guard let handle: StringHandle = server.find(string) else { return nil }
      length?.pointee = handle.bytes.count
      return handle.start
    }
    table.CreateString = { _, bytes, length in
      server.handles.lend(StringHandle(Array(UnsafeRawBufferPointer(start: bytes, count: length))))
    }
    table.FreeString = { _, string in server.end(string, StringHandle.self) }
    // As the server does where a string is not on its heap: another one with the same bytes.
    table.HoldString = { _, string in
      server.find(string, StringHandle.self).flatMap { server.handles.lend(StringHandle($0.bytes)) }
    }
    table.GetClientId = { _ in 1 }
    table.GetClientInfoById = { _, _ in Int32(SERVER_OK) }
    table.GetClientUserNameById = { _, _ in server.handles.lend(StringHandle(Array("default".utf8))) }
    table.GetModuleUserFromUserName = { _ in server.handles.lend(UserHandle()) }
    table.FreeModuleUser = { user in
      server.end(user, UserHandle.self)
      return Int32(SERVER_OK)
    }
    table.ACLCheckCommandPermissions = { _, _, _ in Int32(server.permitsCommands ? SERVER_OK : SERVER_ERROR) }
    table.TryAlloc = { size in
      guard size <= server.mostAllocated.load(ordering: .relaxed), let memory = malloc(size) else { return nil }
      server.blocks.withLock { _ = $0.insert(Int(bitPattern: memory)) }
      return memory
    }
    table.GetUsedMemoryRatio = { server.information["memory"]?["maxmemory"] == nil ? 0 : 0.5 }
    table.LatencyAddSample = { _, _ in }
    table.Free = { memory in
      guard let memory else { return }
      let isKnown = server.blocks.withLock { $0.remove(Int(bitPattern: memory)) != nil }
      guard isKnown else { return server.violate("memory is freed that is none") }
      free(memory)
    }
  }

  /// Memory that the module frees.
  func allocate(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
    let copy = malloc(bytes.count + 1)
    guard let copy else { return nil }
    bytes.withUnsafeBytes { if let start = $0.baseAddress { memcpy(copy, start, $0.count) } }
    blocks.withLock { _ = $0.insert(Int(bitPattern: copy)) }
    return copy.assumingMemoryBound(to: CChar.self)
  }
}
