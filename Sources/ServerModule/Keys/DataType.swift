import CModuleShim

/// A data type of the module's: what its keys hold are objects of `Value`.
public struct DataType<Value: AnyObject> {
  let pointer: OpaquePointer

  /// Registers a data type; RedisModule_CreateDataType.
  ///
  /// - Parameters:
  ///   - context: the server's, while the module is loaded.
  ///   - name: exactly nine letters, digits, `-` or `_`, unique among all modules: it is saved with each value.
  ///   - encodingVersion: from 0 to 1023, saved with each value and given to `load`.
  ///   - methods: what the server calls to save, load, copy and free values.
  public init(
    _ context: Context, name: StaticString, encodingVersion: Int32, _ methods: DataTypeMethods
  ) throws(LoadError) {
    var table = ServerTypeMethods()
    table.version = UInt64(SERVER_TYPE_METHODS_VERSION)
    table.rdb_load = methods.load
    table.rdb_save = methods.save
    table.aof_rewrite = methods.rewrite
    table.memory_usage = methods.memoryUsage
    table.digest = methods.digest
    table.copy = methods.copy
    table.free_effort = methods.freeEffort
    table.free = methods.free
    guard let pointer = server_CreateDataType(context.pointer, name.cString, encodingVersion, &table) else {
      throw LoadError("the data type '\(name)' cannot be registered")
    }
    self.pointer = pointer
  }

  /// Hands an object to the server, which owns it until it calls `free`.
  public static func handOver(_ value: Value) -> UnsafeMutableRawPointer { Unmanaged.passRetained(value).toOpaque() }

  /// Takes an object back that the server did not want, or frees.
  public static func takeBack(_ pointer: UnsafeMutableRawPointer?) {
    if let pointer { Unmanaged<Value>.fromOpaque(pointer).release() }
  }

  /// Calls `body` with an object that the server owns.
  @discardableResult
  public static func borrow<Result>(_ pointer: UnsafeRawPointer?, _ body: (Value) -> Result) -> Result? {
    guard let pointer else { return nil }
    // All values of a data type are objects that `handOver` made.
    return Unmanaged<Value>.fromOpaque(pointer)._withUnsafeGuaranteedRef(body)
  }
}

/// What the server calls to save, load, copy and free values. Values are what `DataType.handOver` returned.
///
/// These are C functions, which capture nothing. The server may call `free` on a thread of its own, and `save`,
/// `rewrite` in a child.
public struct DataTypeMethods {
  public typealias Value = UnsafeMutableRawPointer

  /// Loads a value from what `SavedValueReader` reads; nil if it can't be read.
  public var load: @convention(c) (OpaquePointer?, Int32) -> Value?
  /// Saves a value to what `SavedValueWriter` writes.
  public var save: @convention(c) (OpaquePointer?, Value?) -> Void
  /// Writes commands that make the value anew: `CommandWriter`, the key.
  public var rewrite: @convention(c) (OpaquePointer?, OpaquePointer?, Value?) -> Void
  public var free: @convention(c) (Value?) -> Void
  /// The value's heap, in bytes, for `MEMORY USAGE`. This one and those below may be left out.
  public var memoryUsage: (@convention(c) (UnsafeRawPointer?) -> Int)?
  /// Adds the value to a `Digest`.
  public var digest: (@convention(c) (OpaquePointer?, Value?) -> Void)?
  /// Makes a copy for another key: old key, new key.
  public var copy: (@convention(c) (OpaquePointer?, OpaquePointer?, UnsafeRawPointer?) -> Value?)?
  /// How many allocations freeing is worth: above 64 the server does it on another thread if it was asked to.
  public var freeEffort: (@convention(c) (OpaquePointer?, UnsafeRawPointer?) -> Int)?

  public init(
    load: @escaping @convention(c) (OpaquePointer?, Int32) -> Value?,
    save: @escaping @convention(c) (OpaquePointer?, Value?) -> Void,
    rewrite: @escaping @convention(c) (OpaquePointer?, OpaquePointer?, Value?) -> Void,
    free: @escaping @convention(c) (Value?) -> Void,
    memoryUsage: (@convention(c) (UnsafeRawPointer?) -> Int)? = nil,
    digest: (@convention(c) (OpaquePointer?, Value?) -> Void)? = nil,
    copy: (@convention(c) (OpaquePointer?, OpaquePointer?, UnsafeRawPointer?) -> Value?)? = nil,
    freeEffort: (@convention(c) (OpaquePointer?, UnsafeRawPointer?) -> Int)? = nil
  ) {
    self.load = load
    self.save = save
    self.rewrite = rewrite
    self.memoryUsage = memoryUsage
    self.digest = digest
    self.copy = copy
    self.freeEffort = freeEffort
    self.free = free
  }
}

/// Bytes that the heap holds for an object; malloc_usable_size(3).
public func heapBytes(of object: AnyObject) -> Int { heapBytes(at: Unmanaged.passUnretained(object).toOpaque()) }

/// Bytes that the heap holds for memory that was allocated; malloc_usable_size(3).
public func heapBytes(at address: UnsafeMutableRawPointer) -> Int { allocated_size(address) }
