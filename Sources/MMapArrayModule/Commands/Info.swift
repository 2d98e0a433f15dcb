import MappedArray
import ServerModule

// What is known of the array and its file.

/// `MMAP.COUNT key`
enum CountElements: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.COUNT", "VCOUNT", "VSIZE", access: access, dataUse: [], isFast: true,
    summary: "Returns the number of elements", complexity: "O(1)", arguments: [.key],
    function: { serve(CountElements.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    call.reply.integer(array.elements.count)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.reply.integer(0) }
}

/// `MMAP.TYPE key`
enum NameType: BindingCommand {
  static let description = CommandDescription(
    "MMAP.TYPE", "VTYPE", access: .reading, dataUse: [], isFast: true,
    summary: "Returns the type of the elements", complexity: "O(1)", arguments: [.key],
    function: { serve(NameType.self, $0, $1, $2) })

  static func run(_ call: Call, on binding: Binding, with services: Services) throws(CommandError) {
    call.reply.text(try services.array(of: binding, for: call).elementType.name)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.reply.null() }
}

/// `MMAP.PATH key`
enum NamePath: BindingCommand {
  static let description = CommandDescription(
    "MMAP.PATH", "VFILEPATH", access: .reading, dataUse: [], isFast: true,
    summary: "Returns the path of the file, relative to the root", complexity: "O(1)", arguments: [.key],
    function: { serve(NamePath.self, $0, $1, $2) })

  static func run(_ call: Call, on binding: Binding, with services: Services) throws(CommandError) {
    _ = try services.array(of: binding, for: call)
    call.reply.bytes(binding.path.bytes)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.reply.null() }
}

/// `MMAP.INFO key`
enum DescribeArray: BindingCommand {
  static let description = CommandDescription(
    "MMAP.INFO", access: .reading, dataUse: [], summary: "Returns what is known of the array and its file",
    complexity: "O(1)", arguments: [.key],
    function: { serve(DescribeArray.self, $0, $1, $2) })

  static func run(_ call: Call, on binding: Binding, with services: Services) throws(CommandError) {
    var fields: [Field] = [
      ("path", .bytes(binding.path.bytes)), ("file", .bytes(services.root.absolutePath(binding.file.path))),
      ("type", .text(binding.elementType.name)), ("itemsize", .integer(binding.elementType.size)),
      ("format", .text(binding.format.name)), ("readonly", .integer(binding.access == .readOnly ? 1 : 0)),
      ("version", .text(Version.current.description)),
    ]
    do throws(CommandError) {
      let array = try services.array(of: binding, for: call)
      try onArray(array.file.refresh())
      let info = array.file.info
      fields += [
        ("count", .integer(info.count)), ("shape", .integers(info.shape)), ("capacity", .integer(info.capacity)),
        ("mapped_bytes", .integer(info.mappedBytes)),
        ("state", .text(binding.file.hasItsName ? "attached" : "replaced")),
      ]
    } catch {
      guard case .detached(_, let reason) = error else { throw error }
      let state = binding.file.incomingArray == nil ? "detached" : "incoming"
      fields = [("state", .text(state)), ("reason", .text(reason))] + fields
    }
    call.reply.map(fields)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) { call.reply.null() }
}

/// A field of the map that `MMAP.INFO` replies.
private typealias Field = (name: String, value: FieldValue)

private enum FieldValue {
  case text(String)
  case bytes([UInt8])
  case integer(Int)
  case integers([Int])
}

extension Reply {
  fileprivate func map(_ fields: [Field]) {
    map(count: fields.count)
    for (name, value) in fields {
      text(name)
      switch value {
      case .text(let text): self.text(text)
      case .bytes(let bytes): self.bytes(bytes)
      case .integer(let integer): self.integer(integer)
      case .integers(let integers):
        array(count: integers.count)
        for integer in integers { self.integer(integer) }
      }
    }
  }
}
