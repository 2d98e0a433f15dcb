import CModuleShim
import MappedArray

/// The data type `mmaparray`: how the server saves, loads, copies and frees a key's binding.
enum DataType {
  static let name = "mmaparray"
  private static let encodingVersion: Int32 = 1

  static func register(_ context: OpaquePointer?) throws(LoadError) -> OpaquePointer {
    var methods = ServerTypeMethods()
    methods.version = UInt64(SERVER_TYPE_METHODS_VERSION)
    methods.rdb_load = { io, version in DataType.load(io, version: version) }
    methods.rdb_save = { io, value in DataType.borrow(value) { BindingWriter(io).save($0) } }
    methods.aof_rewrite = { io, key, value in DataType.borrow(value) { DataType.rewrite($0, key, io) } }
    methods.memory_usage = { value in DataType.borrow(value) { $0.heapBytes } ?? 0 }
    methods.digest = { digest, value in DataType.borrow(value) { DataType.digest($0, digest) } }
    methods.copy = { _, _, value in
      DataType.borrow(value) { $0.copy() }.map(DataType.handOver)
    }
    methods.free_effort = { _, value in DataType.borrow(value) { $0.freeEffort } ?? 1 }
    methods.free = { value in
      if let value { DataType.takeBack(value) }
    }
    guard let type = server_CreateDataType(context, name, encodingVersion, &methods) else {
      throw LoadError(message: "the data type '\(name)' cannot be registered")
    }
    return type
  }

  /// Hands a binding to the server, which owns it until it calls `free`.
  static func handOver(_ binding: Binding) -> UnsafeMutableRawPointer {
    Unmanaged.passRetained(binding).toOpaque()
  }

  /// Takes back a binding that the server did not want, or wants no more.
  static func takeBack(_ value: UnsafeMutableRawPointer) { Unmanaged<Binding>.fromOpaque(value).release() }

  /// Calls `body` with a binding that the server owns.
  @discardableResult
  private static func borrow<Result>(_ value: UnsafeRawPointer?, _ body: (Binding) -> Result) -> Result? {
    guard let value else { return nil }
    // All values of this data type are bindings that `handOver` made.
    return Unmanaged<Binding>.fromOpaque(value)._withUnsafeGuaranteedRef(body)
  }

  /// A digest of type and contents; of a binding without an array, of its type.
  private static func digest(_ binding: Binding, _ digest: OpaquePointer?) {
    Array(binding.elementType.name.utf8).withUnsafeBytes { add($0, to: digest) }
    if case .attached(let array) = binding.state {
      do {
        try array.forEachPiece { add($0, to: digest) }
      } catch {
        // There is no way to answer an error; the next command must not answer for this one.
        array.noticeFault(.array(error))
      }
    }
    server_DigestEndSequence(digest)
  }

  private static func add(_ bytes: UnsafeRawBufferPointer, to digest: OpaquePointer?) {
    server_DigestAddStringBuffer(digest, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
  }

  private static func load(_ io: OpaquePointer?, version: Int32) -> UnsafeMutableRawPointer? {
    guard version == encodingVersion else {
      log(nil, .warning, "a binding is saved in version \(version); this module reads version \(encodingVersion)")
      return nil
    }
    do {
      let binding = try BindingReader(io).binding()
      if case .attached(let array) = binding.state {
        array.replication.key = Array(bytes(of: server_GetKeyNameFromIO(io)))
      }
      return handOver(binding)
    } catch {
      log(nil, .warning, "a saved binding cannot be read: \(error.message)")
      return nil
    }
  }

  private static func rewrite(_ binding: Binding, _ key: OpaquePointer?, _ io: OpaquePointer?) {
    if Module.current.lifecycle.exportsSlots {
      SlotExport(key: key, io: io).write(binding)
    } else {
      withServerStrings(binding.mappingArguments) { arguments in
        server_emit_aof(io, "MMAP", key, arguments.baseAddress, arguments.count)
      }
    }
  }
}
