import MappedArray
import ServerModule

/// A binding as a server has recorded it, in its AOF or for its replicas; see BindingWords.swift.
struct RecordedBinding {
  let path: BoundPath
  let elementType: ElementType
  let format: FileFormat
  let access: Access
  /// What its array is called on all nodes.
  private(set) var array: BoundPath
  /// Where its file is on the server that has recorded it.
  private(set) var file: BoundPath
  private(set) var state = AnnouncedState.none

  /// What is behind the key of `MMAP.BIND`.
  init(_ arguments: Arguments, below root: borrowing Root) throws(CommandError) {
    var arguments = arguments
    path = BoundPath(try arguments.required().bytes, below: root)
    (array, file) = (path, path)
    (elementType, format) = try arguments.typeAndFormat()
    access = try arguments.choice(
      "access", [("writable", .writable), ("readonly", .readOnly)], hint: "writable or readonly")
    if arguments.take("ARRAY") { array = BoundPath(try arguments.required().bytes, below: root) }
    if arguments.take("FILE") { file = BoundPath(try arguments.required().bytes, below: root) }
    state = try RecordedBinding.state(&arguments)
  }

  private static func state(_ arguments: inout Arguments) throws(CommandError) -> AnnouncedState {
    if arguments.take("KNOWN") { return .known }
    if arguments.take("FOLLOWS") { return .follows }
    if arguments.take("ABSENT") { return .absent }
    if arguments.take("EMPTY") { return .empty(shape: try arguments.dimensions()) }
    // Version 1.0 of the AOF may have dimensions here.
    _ = try arguments.dimensions()
    return .none
  }

  /// What is behind the key of `MMAP` in the form in which version 1.0 recorded bindings, path type [RAW]
  /// [READONLY|WRITABLE] [SHAPE dimension …]; nil if it is not that form, but a command that a user has put there.
  init?(oldForm arguments: Arguments, below root: borrowing Root) throws(CommandError) {
    var arguments = arguments
    path = BoundPath(try arguments.required().bytes, below: root)
    (array, file) = (path, path)
    guard let type = arguments.next(), let elementType = ElementType(named: type.text) else { return nil }
    self.elementType = elementType
    format = arguments.take("RAW") ? .raw : .npy
    access = arguments.take("READONLY") ? .readOnly : .writable
    if arguments.take("SHAPE") { _ = try arguments.dimensions() }
    guard arguments.isEmpty else { return nil }
  }
}

extension Arguments {
  mutating func typeAndFormat() throws(CommandError) -> (ElementType, FileFormat) {
    let type = try required()
    guard let elementType = ElementType(named: type.text) else {
      throw .argument("type \(type.quotation) is unknown")
    }
    return (elementType, try choice("format", [("npy", .npy), ("raw", .raw)], hint: "npy or raw"))
  }

  /// All that is left.
  mutating func dimensions() throws(CommandError) -> [Int] {
    var shape: [Int] = []
    while !isEmpty { shape.append(try natural("dimension")) }
    return shape
  }

  /// The name of an array in messages about it: path type npy|raw.
  mutating func arrayName(below root: borrowing Root) throws(CommandError) -> ArrayName {
    let bytes = try required().bytes
    let path = try onArray(root.relativePath(bytes))
    let (elementType, format) = try typeAndFormat()
    return ArrayName(path: path, elementType: elementType, format: format)
  }
}
