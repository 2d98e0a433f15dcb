import CModuleShim
import MappedArray

// The array as a whole: its count, all of it, what it is.

/// `MMAP.COUNT key`
enum CountElements: ArrayCommand {
  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.COUNT", "VCOUNT", "VSIZE"], isFast: true, dataUse: [],
    summary: "Returns the number of elements", complexity: "O(1)", arguments: [.key],
    function: { serve(CountElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    call.reply(array.elements.count)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.reply(0) }
}

/// `MMAP.ALL key`
enum GetAllElements: ArrayCommand {
  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.ALL", "VALL"], summary: "Returns all elements",
    complexity: "O(N) where N is the number of elements", arguments: [.key],
    function: { serve(GetAllElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(_ call: Call, on array: TypedArray<Element>) throws(CommandError) {
    try onArray { () throws(MappedArrayError) in try array.elements.refresh() }
    try call.reply(array, 0..<array.elements.count)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.replyArray(count: 0) }
}

/// `MMAP.TYPE key`
enum NameType: BindingCommand {
  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.TYPE", "VTYPE"], isFast: true, dataUse: [],
    summary: "Returns the type of the elements", complexity: "O(1)", arguments: [.key],
    function: { serve(NameType.self, $0, $1, $2) })

  static func run(_ call: Call, on binding: Binding) throws(CommandError) {
    call.reply(try binding.array(for: call).elementType.name)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.replyNull() }
}

/// `MMAP.PATH key`
enum NamePath: BindingCommand {
  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.PATH", "VFILEPATH"], isFast: true, dataUse: [],
    summary: "Returns the path of the file, relative to the root", complexity: "O(1)", arguments: [.key],
    function: { serve(NamePath.self, $0, $1, $2) })

  static func run(_ call: Call, on binding: Binding) throws(CommandError) {
    _ = try binding.array(for: call)
    binding.path.bytes.withUnsafeBytes { bytes in _ = call.reply(bytes) }
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.replyNull() }
}

/// `MMAP.INFO key`
enum Describe: BindingCommand {
  static var access: CommandAccess { .read }
  static let row = CommandRow(
    names: ["MMAP.INFO"], dataUse: [], summary: "Returns what is known of the array and its file",
    complexity: "O(N) where N is the number of pages that are mapped", arguments: [.key],
    function: { serve(Describe.self, $0, $1, $2) })

  static func run(_ call: Call, on binding: Binding) throws(CommandError) {
    let array: ServedArray
    do throws(CommandError) {
      array = try binding.array(for: call)
    } catch {
      guard case .detached(_, let reason) = error else { throw error }
      call.replyMap([("state", .text("detached")), ("reason", .text("\(reason)"))] + bindingFacts(binding))
      return
    }
    let facts = try onArray { () throws(MappedArrayError) in try array.info() }
    let isReplaced = Module.current.identity(of: binding.path) != array.identity
    call.replyMap(
      bindingFacts(binding) + [
        ("count", .integer(facts.count)), ("shape", .integers(facts.shape)), ("capacity", .integer(facts.capacity)),
        ("mapped_bytes", .integer(facts.mappedBytes)), ("resident_bytes", .integer(facts.residentBytes)),
        ("state", .text(isReplaced ? "replaced" : "attached")),
      ])
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.replyNull() }

  private static func bindingFacts(_ binding: Binding) -> [(String, Fact)] {
    [
      ("path", .bytes(binding.path.bytes)), ("file", .bytes(Module.current.file(binding.path))),
      ("type", .text(binding.elementType.name)), ("itemsize", .integer(binding.elementType.size)),
      ("format", .text(binding.format.name)), ("readonly", .integer(binding.access == .readOnly ? 1 : 0)),
    ]
  }
}

/// A value of the map that `MMAP.INFO` replies.
enum Fact {
  case text(String)
  case bytes([UInt8])
  case integer(Int)
  case integers([Int])
}

extension Call {
  fileprivate func replyMap(_ facts: [(String, Fact)]) {
    _ = server_ReplyWithMap(context, facts.count)
    for (name, fact) in facts {
      reply(name)
      switch fact {
      case .text(let text): reply(text)
      case .bytes(let bytes): bytes.withUnsafeBytes { _ = reply($0) }
      case .integer(let integer): reply(integer)
      case .integers(let integers):
        replyArray(count: integers.count)
        for integer in integers { reply(integer) }
      }
    }
  }
}
