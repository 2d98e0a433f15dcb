import CModuleShim
import MappedArray

/// One row of the command table: what the server is told of a command, and the function that it calls.
///
/// Sendable, as it never changes: a C function is a constant.
struct CommandRow: @unchecked Sendable {
  /// The names, the one that always exists first.
  let names: [String]
  var isFast = false
  /// What it does with the elements; nil for what its access says.
  var dataUse: DataUse?
  let summary: String
  let complexity: String
  /// All but the name. How many words the command takes follows from them.
  let arguments: [CommandArgument]
  let function: ServerCommandFunction
}

/// What a command does with its key.
enum CommandAccess {
  case read, write
  /// Makes it.
  case map
}

/// What a command does with the elements: rules by key (`%R~`, `%W~`) ask for reading where they are accessed, for
/// writing where they are changed, and for either where only facts about the array are replied.
struct DataUse: OptionSet {
  let rawValue: Int

  /// Replies elements, or what is computed from them.
  static let access = DataUse(rawValue: SERVER_KEY_SPEC_ACCESS)
  /// Replaces some.
  static let update = DataUse(rawValue: SERVER_KEY_SPEC_UPDATE)
  /// Adds some.
  static let insert = DataUse(rawValue: SERVER_KEY_SPEC_INSERT)
  /// Removes some.
  static let delete = DataUse(rawValue: SERVER_KEY_SPEC_DELETE)
}

/// A command.
protocol Command {
  static var access: CommandAccess { get }
  static var row: CommandRow { get }
}

/// A command on the array that is bound to its key, written once for all element types.
protocol ArrayCommand: Command {
  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError)

  /// Replies where the key does not exist. Without it the command answers that there is no such key.
  static func runWithoutKey(_ call: Call) throws(CommandError)
}

extension ArrayCommand {
  static func runWithoutKey(_ call: Call) throws(CommandError) { throw .noSuchKey }
}

/// A command on the binding itself, whatever its elements.
protocol BindingCommand: Command {
  static func run(_ call: Call, on binding: Binding) throws(CommandError)
  static func runWithoutKey(_ call: Call) throws(CommandError)
}

/// What a key holds, as far as this module is concerned.
enum KeyContents {
  case nothing
  case binding(Binding)
}

/// A key that is open while a command runs.
struct OpenKey: ~Copyable {
  private let key: OpaquePointer?

  @inline(__always)
  init(_ call: Call, _ access: CommandAccess) {
    let mode = access == .read ? SERVER_KEY_READ : SERVER_KEY_READ | SERVER_KEY_WRITE
    key = server_OpenKey(call.context, call.key, Int32(mode))
  }

  deinit {
    server_CloseKey(key)
  }

  @inline(__always)
  func contents() throws(CommandError) -> KeyContents {
    if let value = server_ModuleTypeGetValue(key), server_ModuleTypeGetType(key) == Module.current.dataType {
      // All values of this data type are bindings that `DataType.handOver` made.
      return .binding(Unmanaged<Binding>.fromOpaque(value).takeUnretainedValue())
    }
    guard key == nil || server_KeyType(key) == 0 else { throw .wrongType }
    return .nothing
  }

  /// Gives the key, which must be empty, a binding.
  func set(_ binding: Binding) throws(CommandError) {
    let value = DataType.handOver(binding)
    guard server_ModuleTypeSetValue(key, Module.current.dataType, value) == SERVER_OK else {
      DataType.takeBack(value)
      throw .argument("the key cannot be written")
    }
  }
}

/// Serves one call: opens the key, resolves the element type, runs the command, replies its error.
///
/// Instantiated for each command, and inside it for each element type, so that a command pays for one jump.
@inline(__always)
func serve<Command: ArrayCommand>(
  _ command: Command.Type, _ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int32
) -> Int32 {
  serveKey(command, context, arguments, count) { (call, binding) throws(CommandError) in
    let array = try binding.array(for: call)
    if Command.access == .write { try prepareChange(of: array, binding, call) }
    do throws(CommandError) {
      try array.accept(Runner<Command>(call: call))
    } catch {
      array.noticeFault(error)
      throw error
    }
  } withoutKey: { (call) throws(CommandError) in
    try Command.runWithoutKey(call)
  }
}

/// What comes before every change of an array.
private func prepareChange(of array: ServedArray, _ binding: Binding, _ call: Call) throws(CommandError) {
  guard binding.access == .writable else { throw .array(.readOnly) }
  if array.flush.failure != nil { try Module.current.flusher.checkWritable(array, call) }
  array.work.unfinishedChange?.complete()
  if Module.current.replication.isRecorded {
    Module.current.shipments.noticeGrowth(of: array, call.context)
  }
}

@inline(__always)
func serve<Command: BindingCommand>(
  _ command: Command.Type, _ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int32
) -> Int32 {
  serveKey(command, context, arguments, count) { (call, binding) throws(CommandError) in
    try Command.run(call, on: binding)
  } withoutKey: { (call) throws(CommandError) in
    try Command.runWithoutKey(call)
  }
}

@inline(__always)
private func serveKey<C: Command>(
  _ command: C.Type, _ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int32,
  withBinding: (Call, Binding) throws(CommandError) -> Void, withoutKey: (Call) throws(CommandError) -> Void
) -> Int32 {
  guard let call = Call(context, arguments, count), call.count >= 2 else { return server_WrongArity(context) }
  do throws(CommandError) {
    let key = OpenKey(call, C.access)
    switch try key.contents() {
    case .binding(let binding): try withBinding(call, binding)
    case .nothing: try withoutKey(call)
    }
    return Int32(SERVER_OK)
  } catch {
    return error.reply(to: call)
  }
}

private struct Runner<Command: ArrayCommand>: ArrayVisitor {
  let call: Call

  @inline(__always)
  func visit<Element: MappableElement>(_ array: TypedArray<Element>) throws(CommandError) {
    try Command.run(call, on: array)
  }
}
