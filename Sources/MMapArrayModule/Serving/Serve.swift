import MappedArray
import ModuleWork
import ServerModule

// The C functions of commands: each opens the key, resolves the element type, runs the command, replies its error.
// Instantiated for each command, and inside for each element type, so that a command pays for one jump.

@inline(__always)
func serve<Command: ArrayCommand>(
  _ command: Command.Type, _ context: OpaquePointer?, _ arguments: ArgumentVector?, _ count: Int32
) -> Int32 {
  Services.withCurrent { services in
    Call.serve(context, arguments, count) { (call) throws(CommandError) in
      let key = OpenKey(call, for: Command.access == .writing ? .writing : .reading)
      guard let binding = try key.binding(of: services) else { return try Command.runWithoutKey(call) }
      // The array is held from here on: nothing that happens to the key takes it away.
      let array = try services.array(of: binding, for: call)
      if Command.access == .writing {
        try services.prepareChange(of: array, isWritable: binding._withUnsafeGuaranteedRef { $0.isWritable }, for: call)
      }
      do throws(CommandError) {
        if Command.needsCount { try onArray(array.file.refresh()) }
        try array.accept(Runner<Command>(call: call, services: .passUnretained(services)))
      } catch {
        services.arrays.recover(array, after: error)
        throw error
      }
    }
  }
}

private struct Runner<Command: ArrayCommand>: ArrayVisitor {
  let call: Call
  let services: Unmanaged<Services>

  @inline(__always)
  func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(CommandError) {
    try services.borrow { (services) throws(CommandError) in try Command.run(call, on: array, with: services) }
  }
}

@inline(__always)
func serve<Command: BindingCommand>(
  _ command: Command.Type, _ context: OpaquePointer?, _ arguments: ArgumentVector?, _ count: Int32
) -> Int32 {
  Services.withCurrent { services in
    Call.serve(context, arguments, count) { (call) throws(CommandError) in
      let key = OpenKey(call, for: .reading)
      guard let binding = try key.binding(of: services) else { return try Command.runWithoutKey(call) }
      // Held, as the command may do much.
      try Command.run(call, on: binding.takeUnretainedValue(), with: services)
    }
  }
}

func serve<Command: KeyCommand>(
  _ command: Command.Type, _ context: OpaquePointer?, _ arguments: ArgumentVector?, _ count: Int32
) -> Int32 {
  Services.withCurrent { services in
    Call.serve(context, arguments, count) { (call) throws(CommandError) in try Command.run(call, with: services) }
  }
}

extension OpenKey {
  /// The binding in the key; nil if there is no such key.
  @inline(__always)
  borrowing func binding(of services: Services) throws(CommandError) -> Unmanaged<Binding>? {
    switch contents(as: services.dataType) {
    case .value(let binding): return binding
    case .nothing: return nil
    case .foreign: throw .wrongType
    }
  }
}

extension Services {
  /// What comes before every change of an array.
  fileprivate func prepareChange(
    of array: ServedArray, isWritable: Bool, for call: Call
  ) throws(CommandError) {
    guard isWritable else { throw .array(.readOnly) }
    if array.flush.failure != nil { try flusher.checkWritable(array, call) }
    array.unfinishedChange?.complete()
    if stream.isPropagating { backfill.noticeGrowth(of: array, call.context) }
  }
}
