import MappedArray
import ServerModule

/// `MMAP.BIND key path type npy|raw writable|readonly [dimension …]`: a binding as it was recorded in the AOF, or decided
/// by a primary; see `Propagation.propagate`. It replaces what the key holds, and stands also where the file cannot be
/// had: then it is detached.
enum BindArray: KeyCommand {
  static let description = CommandDescription(
    "MMAP.BIND", access: .creating, since: "1.1.0", summary: "Makes a binding that a server has recorded",
    complexity: "O(1)",
    arguments: [
      .key, .string("path"), .string("type"), .string("format"), .string("access"),
      .integer("dimension", .optionalMultiple),
    ],
    function: { serve(BindArray.self, $0, $1, $2) })

  static func run(_ call: Call, with services: Services) throws(CommandError) {
    guard call.origin.isReplay else {
      throw .argument("MMAP.BIND is what a server records of a binding, for its AOF and replicas; use MMAP")
    }
    try bind(RecordedBinding(call.arguments, below: services.arrays.root), for: call, with: services)
  }

  static func bind(_ record: RecordedBinding, for call: Call, with services: Services) throws(CommandError) {
    let key = OpenKey(call, for: .writing)
    _ = try key.binding(of: services)
    let binding = binding(of: record, for: call, with: services)
    guard key.set(binding, as: services.dataType) else { throw .argument("the key cannot be written") }
    let array = binding.array
    let count = try onArray(array?.count() ?? 0)
    services.propagation.propagate(binding, of: array, by: call, to: .everyone)
    call.context.notifyKeyspace("mmap", call.key)
    call.reply.integer(count)
  }

  private static func binding(of record: RecordedBinding, for call: Call, with services: Services) -> Binding {
    // From the AOF: the file is what it is by now, or it is missed until it is back.
    if call.origin == .primary, !record.shape.isEmpty, case .file(let path) = record.path {
      do throws(MappedArrayError) {
        // A new file of zeros with the shape that the primary's has; its contents follow in pieces.
        try services.staging.replace(path, record.elementType, record.format, shape: record.shape)
      } catch {
        call.context.log(.warning, "a file that the master has mapped cannot be made: \(error)")
        return Binding(path, record.elementType, record.format, missing: error, in: services.arrays)
      }
    }
    return Binding(
      path: record.path, elementType: record.elementType, format: record.format, access: record.access,
      in: services.arrays)
  }
}

/// A binding as a server has recorded it.
struct RecordedBinding {
  let path: BoundPath
  let elementType: ElementType
  let format: FileFormat
  let access: Access
  /// Of the array, where it is to be made anew; else empty.
  let shape: [Int]

  /// What is behind the key of `MMAP.BIND`.
  init(_ arguments: Arguments, below root: borrowing Root) throws(CommandError) {
    var arguments = arguments
    path = BoundPath(try arguments.required().bytes, below: root)
    let type = try arguments.required()
    guard let elementType = ElementType(named: type.text) else {
      throw .argument("type \(type.quotation) is unknown")
    }
    self.elementType = elementType
    format = try arguments.choice("format", [("npy", .npy), ("raw", .raw)], hint: "npy or raw")
    access = try arguments.choice(
      "access", [("writable", .writable), ("readonly", .readOnly)], hint: "writable or readonly")
    shape = try RecordedBinding.shape(&arguments)
  }

  /// What is behind the key of `MMAP` in the form in which version 1.0 recorded bindings, path type [RAW]
  /// [READONLY|WRITABLE] [SHAPE dimension …]; nil if it is not that form, but a command that a user has put there.
  init?(oldForm arguments: Arguments, below root: borrowing Root) throws(CommandError) {
    var arguments = arguments
    path = BoundPath(try arguments.required().bytes, below: root)
    guard let type = arguments.next(), let elementType = ElementType(named: type.text) else { return nil }
    self.elementType = elementType
    format = arguments.take("RAW") ? .raw : .npy
    access = arguments.take("READONLY") ? .readOnly : .writable
    shape = arguments.take("SHAPE") ? try RecordedBinding.shape(&arguments) : []
    guard arguments.isEmpty else { return nil }
  }

  private static func shape(_ arguments: inout Arguments) throws(CommandError) -> [Int] {
    var shape: [Int] = []
    while !arguments.isEmpty { shape.append(try arguments.natural("dimension")) }
    return shape
  }
}
