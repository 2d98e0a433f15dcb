import CModuleShim
import MappedArray

/// A binding as it is saved in an RDB file: path, element type, format and access, and no data.
struct BindingRecord {
  private let path: [UInt8]
  private let elementType: [UInt8]
  private let flags: Flags

  private struct Flags: OptionSet {
    let rawValue: UInt64
    static let raw = Flags(rawValue: 1)
    static let readOnly = Flags(rawValue: 2)
    static let known: Flags = [.raw, .readOnly]
  }

  init(_ binding: Binding) {
    path = binding.path.bytes
    elementType = Array(binding.elementType.name.utf8)
    var flags: Flags = []
    if binding.format == .raw { flags.insert(.raw) }
    if binding.access == .readOnly { flags.insert(.readOnly) }
    self.flags = flags
  }

  private init(path: [UInt8], elementType: [UInt8], flags: Flags) {
    self.path = path
    self.elementType = elementType
    self.flags = flags
  }

  func save(_ io: OpaquePointer?) {
    for field in [path, elementType] {
      field.withUnsafeBytes {
        server_SaveStringBuffer(io, $0.assumingMemoryBound(to: CChar.self).baseAddress, $0.count)
      }
    }
    server_SaveUnsigned(io, flags.rawValue)
  }

  static func load(_ io: OpaquePointer?) throws(LoadError) -> BindingRecord {
    let path = try loadBytes(io)
    let elementType = try loadBytes(io)
    let flags = Flags(rawValue: server_LoadUnsigned(io))
    guard server_IsIOError(io) == 0 else { throw LoadError(message: "it ends too early") }
    return BindingRecord(path: path, elementType: elementType, flags: flags)
  }

  /// The binding, attached if its file is there.
  func binding() throws(LoadError) -> Binding {
    guard let type = ElementType(named: String(decoding: elementType, as: UTF8.self)) else {
      throw LoadError(message: "\(quoted(elementType)) is no element type")
    }
    guard flags.isSubset(of: .known) else { throw LoadError(message: "its flags \(flags.rawValue) are unknown") }
    let path: RelativePath
    do {
      path = try self.path.span.withUnsafeBytes { (bytes) throws(MappedArrayError) in
        try Module.current.relativePath(bytes)
      }
    } catch {
      throw LoadError(message: "\(error)")
    }
    return Binding(
      path: path, elementType: type, format: flags.contains(.raw) ? .raw : .npy,
      access: flags.contains(.readOnly) ? .readOnly : .writable)
  }

  private static func loadBytes(_ io: OpaquePointer?) throws(LoadError) -> [UInt8] {
    var length = 0
    // The server checks the length against what is left to read.
    guard let start = server_LoadStringBuffer(io, &length) else { throw LoadError(message: "it ends too early") }
    defer { server_Free(start) }
    return Array(UnsafeRawBufferPointer(start: start, count: length))
  }
}
