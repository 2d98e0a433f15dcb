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
      do throws(CommandError) {
        // The array is held from here on: nothing that happens to the key takes it away.
        let array = try services.array(of: binding, for: call)
        if Command.access == .writing {
          if services.waitsForChange(of: array, call, Command.description) { return }
          try services.prepareChange(of: array, binding, for: call)
        }
        do throws(CommandError) {
          if Command.needsCount { try onArray(array.file.refresh()) }
          try array.accept(Runner<Command>(call: call, services: .passUnretained(services)))
        } catch {
          services.arrays.recover(array, after: error)
          throw error
        }
      } catch {
        if case .notInMemory(let read) = error, services.waits(call, for: read, Command.description) { return }
        if Command.access == .writing { try services.couldNotApply(error, to: binding, for: call) } else { throw error }
      }
    }
  }
}

private struct Runner<Command: ArrayCommand>: ArrayVisitor {
  let call: Call
  let services: Unmanaged<Services>

  @inline(__always)
  func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(CommandError) {
    if Command.needsNumbers { try Element.checkIsNumber() }
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
  @inline(__always)
  fileprivate func prepareChange(
    of array: ServedArray, _ binding: Unmanaged<Binding>, for call: Call
  ) throws(CommandError) {
    let (isWritable, lastLook) = binding._withUnsafeGuaranteedRef { ($0.isWritable, $0.file.lastLook) }
    guard isWritable else { throw .array(.readOnly) }
    if lastLook != seconds { try look(at: binding.takeUnretainedValue(), for: call) }
    if array.flush.failure != nil { try flusher.checkWritable(array, call) }
    if stream.isPropagating, stream.isPrimary { propagation.foreignChanges.prepareChange(of: array, call.context) }
  }

  /// What need not come before every change, but once a second: the file must be one that a restart would find, and be
  /// locked.
  @inline(never)
  private func look(at binding: Binding, for call: Call) throws(CommandError) {
    let file = binding.file
    // Contents on their way have no place yet.
    guard let array = file.array else { return }
    if array.file.access == .readOnly { try onArray(file.makeWritable()) }
    guard file.hasItsName else {
      if !file.isReplaced {
        call.context.log(
          .warning,
          "\(quoted(file.path.bytes)) names another file than the one that is mapped: what has been changed since the last "
            + "look, at most a second before the first refusal, is lost")
      }
      file.isReplaced = true
      throw .replaced(path: quoted(file.path.bytes), key: call.key.quotation)
    }
    (file.isReplaced, file.lastLook) = (false, seconds)
  }

  /// A client gets the error. What a primary has done cannot be refused: a replica that could not do it is without that
  /// array until it has synchronised anew.
  @inline(never)
  fileprivate func couldNotApply(
    _ error: CommandError, to binding: Unmanaged<Binding>, for call: Call
  ) throws(CommandError) {
    guard call.origin == .primary, !stream.isPrimary else { throw error }
    let file = binding.takeUnretainedValue().file
    if !file.isAbsent { incoming.fail(file, error) }
    call.reply.ok()
  }
}
