import CModuleShim

/// What a key holds, seen by a module with one data type.
public enum KeyContents<Value: AnyObject> {
  case nothing
  /// A value, which the server holds as long as the key is open and nobody deletes it.
  case value(Unmanaged<Value>)
  /// Something of another type.
  case foreign
}

/// A key that is open while a command runs.
public struct OpenKey: ~Copyable {
  public enum Mode: Sendable {
    case reading, writing
  }

  private let pointer: OpaquePointer?

  @inline(__always)
  public init(_ call: Call, for mode: Mode) {
    let flags = mode == .reading ? SERVER_KEY_READ : SERVER_KEY_READ | SERVER_KEY_WRITE
    pointer = server_OpenKey(call.context.pointer, call.key.pointer, Int32(flags))
  }

  /// Opens another key than that of the call, for reading.
  public init(_ context: Context, key: [UInt8]) {
    let name = key.withUnsafeBytes { makeString($0) }
    pointer = server_OpenKey(context.pointer, name, Int32(SERVER_KEY_READ))
    server_FreeString(nil, name)
  }

  deinit { server_CloseKey(pointer) }

  @inline(__always)
  public func contents<Value>(as type: DataType<Value>) -> KeyContents<Value> {
    if let value = server_ModuleTypeGetValue(pointer), server_ModuleTypeGetType(pointer) == type.pointer {
      // All values of a data type are objects that `DataType.handOver` made.
      return .value(Unmanaged<Value>.fromOpaque(value))
    }
    return pointer == nil || server_KeyType(pointer) == 0 ? .nothing : .foreign
  }

  /// Gives the key, which must be open for writing, a value. What it held is freed.
  ///
  /// - Returns: false if the server refuses; the key is as before.
  public func set<Value>(_ value: Value, as type: DataType<Value>) -> Bool {
    let pointer = DataType.handOver(value)
    guard server_ModuleTypeSetValue(self.pointer, type.pointer, pointer) == SERVER_OK else {
      DataType<Value>.takeBack(pointer)
      return false
    }
    return true
  }
}
