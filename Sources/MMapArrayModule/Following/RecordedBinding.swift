import DecimalText
import MappedArray
import ServerModule

/// A binding as a server has recorded it, in its AOF or for its replicas; see BindingWords.swift.
struct RecordedBinding {
  let path: BoundPath
  let layout: ArrayLayout
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
    layout = try arguments.layout()
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
    layout = ArrayLayout(elementType, arguments.take("RAW") ? .raw : .npy)
    access = arguments.take("READONLY") ? .readOnly : .writable
    if arguments.take("SHAPE") { _ = try arguments.dimensions() }
    guard arguments.isEmpty else { return nil }
  }
}

extension Arguments {
  /// What `CommandWords.append(_ layout:)` has written: type npy|raw|raw:columns.
  mutating func layout() throws(CommandError) -> ArrayLayout {
    let type = try required()
    guard let elementType = ElementType(named: type.text) else {
      throw .argument("type \(type.quotation) is unknown")
    }
    let format = try required()
    if format.matches("npy") { return ArrayLayout(elementType, .npy) }
    if format.matches("raw") { return ArrayLayout(elementType, .raw) }
    let (prefix, bytes) = ("raw:".utf8, format.bytes)
    guard bytes.starts(with: prefix),
      let columns = try? NumberParser.index(UnsafeRawBufferPointer(rebasing: bytes[prefix.count...])), columns > 0
    else {
      throw .argument("format \(format.quotation) is unknown; give npy, raw or raw:columns")
    }
    return ArrayLayout(elementType, .raw, columns: Int(columns))
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
    return ArrayName(path: path, layout: try layout())
  }
}
