import CModuleShim
import MappedArray

/// `MMAP key path [type] [RAW] [READONLY|WRITABLE]`: binds the key to a file.
enum MapFile: Command {
  static var access: CommandAccess { .map }
  static let row = CommandRow(
    names: ["MMAP"], summary: "Binds a key to a file of numbers; returns how many there are",
    complexity: "O(1)",
    arguments: [
      .key, .string("path"),
      .oneOf("type", ElementType.allCases.map { .token($0.name, $0.name) }, .optional),
      .token("raw", "RAW", .optional),
      .oneOf("access", [.token("readonly", "READONLY"), .token("writable", "WRITABLE")], .optional),
    ],
    function: { context, arguments, count in
      guard let call = Call(context, arguments, count), call.count >= 3 else { return server_WrongArity(context) }
      do throws(CommandError) {
        try run(call)
        return Int32(SERVER_OK)
      } catch {
        return error.reply(to: call)
      }
    })

  private static func run(_ call: Call) throws(CommandError) {
    let words = try MapWords(call)
    let path = BoundPath(call.bytes(2))
    if case .refused(_, let reason) = path, !isRecord(call, words) { throw .array(reason) }
    let key = OpenKey(call, .map)
    switch try key.contents() {
    // A master that maps anew knows why: its file was missing, for example.
    case .binding(let binding) where !call.has(SERVER_CONTEXT_REPLICATED):
      try mapAgain(call, binding, path, words)
    case .binding, .nothing: try map(call, key, path, words)
    }
  }

  /// Whether the command is what a server has recorded of a binding: in the AOF, or from a master.
  private static func isRecord(_ call: Call, _ words: MapWords) -> Bool {
    call.has(SERVER_CONTEXT_LOADING | SERVER_CONTEXT_REPLICATED) && words.elementType != nil
  }

  private static func map(
    _ call: Call, _ key: borrowing OpenKey, _ path: BoundPath, _ words: MapWords
  ) throws(CommandError) {
    let binding: Binding
    if isRecord(call, words), let type = words.elementType {
      let format = words.isRaw ? FileFormat.raw : .npy
      // From the AOF: the file is what it is by now, or it is missed until it is back.
      if !call.has(SERVER_CONTEXT_LOADING), !words.shape.isEmpty, case .file(let file) = path {
        binding = bindingForMaster(file, type, format, words.shape)
      } else {
        binding = Binding(path: path, elementType: type, format: format, access: words.access)
      }
    } else {
      let (file, array) = try onArray { () throws(MappedArrayError) in
        let file = try path.file
        return (file, try Module.current.open(file, for: words.request))
      }
      binding = Binding(path: file, access: words.access, array: array)
      try checkCanMigrate(binding, array)
    }
    try key.set(binding)
    guard case .attached(let array) = binding.state else {
      call.announce(binding, of: nil, toAOF: true)
      call.announce("mmap")
      call.reply(0)
      return
    }
    let count = try onArray { () throws(MappedArrayError) in try array.count() }
    call.announce(binding, of: array, toAOF: true)
    call.announce("mmap")
    call.reply(count)
  }

  /// The contents of a file go to replicas in pieces, behind this command; a node that takes over a slot would begin
  /// without the last of them.
  private static func checkCanMigrate(_ binding: Binding, _ array: ServedArray) throws(CommandError) {
    guard Module.current.lifecycle.slotExports > 0, binding.access == .writable, !array.replication.isReplicated else {
      return
    }
    let count = try onArray { () throws(MappedArrayError) in try array.count() }
    guard count == 0 else {
      throw .argument("slots are moving away from here: map a file that has contents when that has ended")
    }
  }

  /// A binding to a new file of zeros with the shape that the master's has; its contents follow in pieces.
  private static func bindingForMaster(
    _ path: RelativePath, _ type: ElementType, _ format: FileFormat, _ shape: [Int]
  ) -> Binding {
    do throws(MappedArrayError) {
      try Module.current.staging.replace(path, type, format, shape: shape)
      return Binding(path: .file(path), elementType: type, format: format, access: .writable)
    } catch {
      log(nil, .warning, "a file that the master has mapped cannot be made: \(error)")
      return Binding(path, type, format, missing: error)
    }
  }

  /// The key is bound already: that is the answer if it is bound to this.
  private static func mapAgain(
    _ call: Call, _ binding: Binding, _ path: BoundPath, _ words: MapWords
  ) throws(CommandError) {
    let array = try binding.array(for: call)
    guard path.bytes == binding.path.bytes || Module.current.identity(of: path) == array.identity else {
      throw .mappedOnAnotherFile
    }
    try onArray { () throws(MappedArrayError) in
      try words.request.check(elementType: array.elementType, format: array.format)
    }
    if let access = words.namedAccess, access != binding.access {
      throw .argument(
        "the key is mapped \(binding.access == .readOnly ? "READONLY" : "WRITABLE"); DEL it first to change that")
    }
    call.reply(try onArray { () throws(MappedArrayError) in try array.count() })
  }
}

/// The words behind the path, in any order.
private struct MapWords {
  private(set) var elementType: ElementType?
  private(set) var isRaw = false
  /// nil if neither word is there.
  private(set) var namedAccess: Access?
  /// What a master names last: `SHAPE dimension [dimension …]`.
  private(set) var shape: [Int] = []

  var access: Access { namedAccess ?? .writable }
  var request: MappingRequest { MappingRequest(elementType: elementType, isRaw: isRaw, access: access) }

  init(_ call: Call) throws(CommandError) {
    for index in 3..<max(3, call.count) {
      if call.argument(index, is: "SHAPE"), call.has(SERVER_CONTEXT_REPLICATED | SERVER_CONTEXT_LOADING) {
        for dimension in index + 1..<max(index + 1, call.count) {
          shape.append(try call.natural(dimension, "dimension"))
        }
        return
      }
      if call.argument(index, is: "RAW"), !isRaw {
        isRaw = true
      } else if call.argument(index, is: "READONLY"), namedAccess == nil {
        namedAccess = .readOnly
      } else if call.argument(index, is: "WRITABLE"), namedAccess == nil {
        namedAccess = .writable
      } else if elementType == nil, let type = ElementType(named: String(decoding: call.bytes(index), as: UTF8.self)) {
        elementType = type
      } else {
        let types = ElementType.allCases.map(\.name).joined(separator: ", ")
        throw .argument(
          "\(quoted(call.bytes(index))) is not understood here: give a type (\(types)), RAW, READONLY or WRITABLE, "
            + "each once")
      }
    }
  }
}
