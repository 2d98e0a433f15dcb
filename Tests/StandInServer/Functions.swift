import CStandInServer
import Glibc
import Synchronization

// What the module is given. A function that it begins to use is a field of `ServerFunctions` by then: until there is a
// line for it here, loading fails and names it.

private var server: StandInServer { .shared }

extension StandInServer {
  /// Makes the module's look-up find the functions below.
  func install() {
    var table = ServerFunctions()
    addLoading(to: &table)
    addConfiguration(to: &table)
    addKeys(to: &table)
    addStrings(to: &table)
    addReplies(to: &table)
    addWaiting(to: &table)
    addInformation(to: &table)
    addSaving(to: &table)
    stand_in_install(
      &table,
      stand_in_hooks(
        log: { server.note($1, $2) }, replicate: { server.replicate($0, $1) }, emit_aof: { server.emit($0, $1) },
        call: { server.call($0, $1) }, violation: { server.violate(text($0) ?? "") },
        missing: { server.log.append("missing: \(text($0) ?? "")") }))
  }

  /// What a pointer stands for; a violation if it is not valid.
  fileprivate func find<Kind: Handle>(_ pointer: OpaquePointer?, _ kind: Kind.Type = Kind.self) -> Kind? {
    let found = handles.find(pointer, as: Kind.self)
    if found == nil { violate("a \(Kind.self) is used that is none") }
    return found
  }

  /// Takes back what the module had.
  fileprivate func end<Kind: Handle>(_ pointer: OpaquePointer?, _ kind: Kind.Type) {
    if handles.end(pointer, as: Kind.self) == nil { violate("a \(Kind.self) is given back that is none") }
  }

  fileprivate func bytes(of string: OpaquePointer?) -> [UInt8] { find(string, StringHandle.self)?.bytes ?? [] }

  fileprivate func textBytes(_ string: OpaquePointer?) -> String { String(decoding: bytes(of: string), as: UTF8.self) }
}

// MARK: - Loading

extension StandInServer {
  private func addLoading(to table: inout ServerFunctions) {
    table.SetModuleAttribs = { _, name, _, _ in server.moduleName = text(name) }
    table.IsModuleNameBusy = { _ in server.isNameBusy ? 1 : 0 }
    table.SetModuleOptions = { _, options in server.options = Int(options) }
    table.CreateCommand = { _, name, function, flags, first, last, step in
      guard let name = text(name), let function else { return Int32(SERVER_ERROR) }
      return server.createCommand(
        function,
        CommandInformation(
          name: name, flags: text(flags) ?? "", firstKey: Int(first), lastKey: Int(last), keyStep: Int(step)))
    }
    table.GetCommand = { _, name in
      guard let name = text(name), server.commands[name.uppercased()] != nil else { return nil }
      return server.handles.lend(CommandHandle(name.uppercased()))
    }
    table.SetCommandInfo = { command, information in
      guard let handle: CommandHandle = server.find(command), let information,
        server.commands[handle.name]?.describe(by: information.pointee) == true
      else { return Int32(SERVER_ERROR) }
      return Int32(SERVER_OK)
    }
    table.AddACLCategory = { _, name in
      server.categories.insert(text(name) ?? "")
      return Int32(SERVER_OK)
    }
    table.SetCommandACLCategories = { command, categories in
      guard let handle: CommandHandle = server.find(command), let categories = text(categories) else {
        return Int32(SERVER_ERROR)
      }
      let words = Set(categories.split(separator: " ").map(String.init))
      guard words.isSubset(of: server.categories) else { return Int32(SERVER_ERROR) }
      server.commands[handle.name]?.categories = words
      return Int32(SERVER_OK)
    }
    table.CreateDataType = { _, name, version, methods in
      guard let name = text(name), name.utf8.count == 9, let methods = methods?.pointee,
        methods.version == SERVER_TYPE_METHODS_VERSION
      else { return nil }
      let type = DataTypeHandle(name: name, encodingVersion: version, methods: methods)
      server.dataTypes.append(type)
      return server.handles.lend(type)
    }
    table.SubscribeToServerEvent = { _, event, function in
      guard let function else { return Int32(SERVER_ERROR) }
      server.subscriptions.append((event.identifier, function))
      return Int32(SERVER_OK)
    }
    table.RegisterInfoFunc = { _, function in
      server.informationFunction = function
      return Int32(SERVER_OK)
    }
    table.InfoAddSection = { _, _ in Int32(SERVER_OK) }
    table.InfoAddFieldLongLong = { information, name, value in
      guard let handle: InfoHandle = server.find(information), let name = text(name) else { return Int32(SERVER_ERROR) }
      handle.fields[name] = Int(value)
      return Int32(SERVER_OK)
    }
    table.InfoAddFieldCString = { information, name, value in
      guard let handle: InfoHandle = server.find(information), let name = text(name) else { return Int32(SERVER_ERROR) }
      handle.texts[name] = text(value)
      return Int32(SERVER_OK)
    }
  }

  private func createCommand(_ function: @escaping ServerCommandFunction, _ command: CommandInformation) -> Int32 {
    let name = command.name.uppercased()
    guard commands[name] == nil, !ownCommands.contains(name) else { return Int32(SERVER_ERROR) }
    commands[name] = command
    functions[name] = function
    return Int32(SERVER_OK)
  }
}

// MARK: - Configuration

extension StandInServer {
  private func addConfiguration(to table: inout ServerFunctions) {
    table.RegisterStringConfig = { _, name, initial, flags, get, set, _, data in
      guard let name = text(name), let get, let set else { return Int32(SERVER_ERROR) }
      server.configuration[name] = ConfigurationEntry(
        initial: text(initial) ?? "", isImmutable: flags & UInt32(SERVER_CONFIG_IMMUTABLE) != 0,
        set: { value in
          server.withStrings([Array(value.utf8)]) { strings in
            var reason: OpaquePointer?
            return set(name, strings?[0], data, &reason) == SERVER_OK ? nil : server.takeReason(reason)
          }
        }, get: { server.textBytes(get(name, data)) })
      return Int32(SERVER_OK)
    }
    table.RegisterEnumConfig = { _, name, initial, flags, names, values, count, get, set, _, data in
      guard let name = text(name), let names, let values, let get, let set else { return Int32(SERVER_ERROR) }
      let choices = (0..<Int(count)).map { (text(names[$0]) ?? "", values[$0]) }
      server.configuration[name] = ConfigurationEntry(
        initial: choices.first { $0.1 == initial }?.0 ?? "",
        isImmutable: flags & UInt32(SERVER_CONFIG_IMMUTABLE) != 0,
        set: { value in
          guard let choice = choices.first(where: { $0.0 == value }) else { return "it is not one of the choices" }
          var reason: OpaquePointer?
          return set(name, choice.1, data, &reason) == SERVER_OK ? nil : server.takeReason(reason)
        },
        get: {
          let value = get(name, data)
          return choices.first { $0.1 == value }?.0 ?? ""
        })
      return Int32(SERVER_OK)
    }
    table.RegisterNumericConfig = { _, name, initial, flags, least, most, get, set, _, data in
      guard let name = text(name), let get, let set else { return Int32(SERVER_ERROR) }
      server.configuration[name] = ConfigurationEntry(
        initial: "\(initial)", isImmutable: flags & UInt32(SERVER_CONFIG_IMMUTABLE) != 0,
        set: { value in
          guard let value = Int64(value), (least...most).contains(value) else { return "it is not in the range" }
          var reason: OpaquePointer?
          return set(name, value, data, &reason) == SERVER_OK ? nil : server.takeReason(reason)
        }, get: { "\(get(name, data))" })
      return Int32(SERVER_OK)
    }
    table.LoadConfigs = { _ in
      for (name, entry) in server.configuration {
        let setting = server.pendingSettings["\(server.moduleName ?? "").\(name)"]
        guard entry.set(setting ?? entry.initial) == nil else { return Int32(SERVER_ERROR) }
      }
      return Int32(SERVER_OK)
    }
  }

  private func takeReason(_ string: OpaquePointer?) -> String {
    defer { if string != nil { end(string, StringHandle.self) } }
    return string == nil ? "it is refused" : textBytes(string)
  }
}

// MARK: - Keys

extension StandInServer {
  private func addKeys(to table: inout ServerFunctions) {
    table.OpenKey = { _, name, mode in
      let name = server.bytes(of: name)
      let isWritable = Int(mode) & SERVER_KEY_WRITE != 0
      guard isWritable || server.keys[name] != nil else { return nil }
      return server.handles.lend(KeyHandle(name, mode: Int(mode)))
    }
    table.CloseKey = { key in
      if key != nil { server.end(key, KeyHandle.self) }
    }
    table.KeyType = { key in
      switch server.value(of: key) {
      case .module?: 6
      case .other(let type)?: type
      case nil: 0
      }
    }
    table.ModuleTypeGetType = { key in
      guard case .module(let type, _)? = server.value(of: key) else { return nil }
      return type.pointer
    }
    table.ModuleTypeGetValue = { key in
      guard case .module(_, let value)? = server.value(of: key) else { return nil }
      return value
    }
    table.ModuleTypeSetValue = { key, type, value in
      guard let key: KeyHandle = server.find(key), let type: DataTypeHandle = server.find(type), let value,
        key.mode & SERVER_KEY_WRITE != 0
      else { return Int32(SERVER_ERROR) }
      server.removeKey(key.name)
      server.keys[key.name] = .module(type, value)
      return Int32(SERVER_OK)
    }
    table.SignalModifiedKey = { _, key in
      server.effects.modifiedKeys.append(server.textBytes(key))
      return Int32(SERVER_OK)
    }
    table.RegisterCommandFilter = { _, function, _ in
      server.commandFilter = function
      return OpaquePointer(bitPattern: 1)
    }
    table.UnregisterCommandFilter = { _, _ in
      server.commandFilter = nil
      return Int32(SERVER_OK)
    }
    table.CommandFilterArgsCount = { _ in 0 }
    table.CommandFilterArgGet = { _, _ in nil }
    table.CommandFilterArgInsert = { _, _, _ in Int32(SERVER_ERROR) }
    table.ReplyWithCallReply = { _, _ in Int32(SERVER_ERROR) }
    table.SubscribeToKeyspaceEvents = { _, kinds, function in
      if Int(kinds) != SERVER_NOTIFY_GENERIC { server.violate("it subscribes to another class of events") }
      server.keyspaceFunction = function
      return Int32(SERVER_OK)
    }
    table.NotifyKeyspaceEvent = { _, kind, event, key in
      if Int(kind) != SERVER_NOTIFY_MODULE { server.violate("an event is not of the class of modules") }
      server.effects.events.append(KeyspaceEvent(text(event) ?? "", server.textBytes(key)))
      return Int32(SERVER_OK)
    }
  }

  /// What an open key holds.
  private func value(of key: OpaquePointer?) -> KeyValue? {
    key == nil ? nil : find(key, KeyHandle.self).flatMap { keys[$0.name] }
  }
}

// MARK: - Strings

extension StandInServer {
  private func addStrings(to table: inout ServerFunctions) {
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
  fileprivate func allocate(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
    let copy = malloc(bytes.count + 1)
    guard let copy else { return nil }
    bytes.withUnsafeBytes { if let start = $0.baseAddress { memcpy(copy, start, $0.count) } }
    blocks.withLock { _ = $0.insert(Int(bitPattern: copy)) }
    return copy.assumingMemoryBound(to: CChar.self)
  }
}

// MARK: - Replies

extension StandInServer {
  private func addReplies(to table: inout ServerFunctions) {
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

// MARK: - Clients that wait, time, the event loop

extension StandInServer {
  private func addWaiting(to table: inout ServerFunctions) {
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

// MARK: - Information, calls and propagation

extension StandInServer {
  private func addInformation(to table: inout ServerFunctions) {
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

  private func note(_ level: UnsafePointer<CChar>?, _ message: UnsafePointer<CChar>?) {
    log.append("\(text(level) ?? ""): \(text(message) ?? "")")
  }

  private func replicate(_ context: OpaquePointer?, _ command: UnsafePointer<stand_in_command>?) -> Int32 {
    guard let context: ContextHandle = find(context), let command = command?.pointee else { return Int32(SERVER_ERROR) }
    guard context.flags & SERVER_CONTEXT_LOADING == 0 else { return Int32(SERVER_OK) }
    let flags = text(command.flags) ?? ""
    let isReplica = context.flags & (SERVER_CONTEXT_REPLICATED | SERVER_CONTEXT_REPLICA) != 0
    let propagation = Propagation(
      words: command.allWords, toAOF: !flags.contains("A"), toReplicas: !flags.contains("R") && !isReplica)
    if propagation.toAOF || propagation.toReplicas { effects.propagations.append(propagation) }
    return Int32(SERVER_OK)
  }

  private func emit(_ io: OpaquePointer?, _ command: UnsafePointer<stand_in_command>?) {
    guard let io: IOHandle = find(io), let command = command?.pointee else { return }
    io.commands.append(command.allWords)
  }

  private func call(_ context: OpaquePointer?, _ command: UnsafePointer<stand_in_command>?) -> OpaquePointer? {
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

// MARK: - Saving

extension StandInServer {
  private func addSaving(to table: inout ServerFunctions) {
    table.GetContextFromIO = { server.find($0, IOHandle.self)?.context }
    table.GetKeyNameFromIO = { server.find($0, IOHandle.self)?.key }
    table.SaveUnsigned = { server.find($0, IOHandle.self)?.fields.append(.unsigned($1)) }
    table.SaveStringBuffer = { io, bytes, length in
      server.find(io, IOHandle.self)?.fields.append(
        .string(Array(UnsafeRawBufferPointer(start: bytes, count: length))))
    }
    table.LoadUnsigned = { io in
      guard let io: IOHandle = server.find(io) else { return 0 }
      guard case .unsigned(let number)? = io.next() else {
        io.hasFailed = true
        return 0
      }
      return number
    }
    table.LoadStringBuffer = { io, length in
      guard let io: IOHandle = server.find(io) else { return nil }
      guard case .string(let bytes)? = io.next() else {
        io.hasFailed = true
        return nil
      }
      length?.pointee = bytes.count
      return server.allocate(bytes)
    }
    table.AvoidReplicaTraffic = { server.avoidsReplicaTraffic ? 1 : 0 }
    table.IsIOError = { server.find($0, IOHandle.self)?.hasFailed == true ? 1 : 0 }
    table.DigestAddStringBuffer = { digest, bytes, length in
      server.find(digest, DigestHandle.self)?.parts.append(
        Array(UnsafeRawBufferPointer(start: bytes, count: length)))
    }
    table.DigestEndSequence = { _ in }
  }
}

/// A command that the module describes.
final class CommandHandle: Handle, @unchecked Sendable {
  let name: String

  init(_ name: String) { self.name = name }
}
