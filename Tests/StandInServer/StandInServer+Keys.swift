import CStandInServer
import Glibc

// The keyspace, and what a server has a data type do with the value of a key.
extension StandInServer {
  /// The types of keys that a module has nothing to do with.
  public enum ForeignType: Int32, CaseIterable, Sendable {
    case string = 1
    case list, hash, set, sortedSet
    case stream = 7
  }

  /// Makes a key of another type.
  public func makeKey(_ name: String, _ type: ForeignType) {
    thread.run {
      removeKey(Array(name.utf8))
      keys[Array(name.utf8)] = .other(type.rawValue)
    }
  }

  /// The name of a key's type, `string` for all that is not a module's; nil if there is no such key.
  public func type(of name: String) -> String? {
    thread.run {
      switch keys[Array(name.utf8)] {
      case .module(let type, _)?: type.name
      case .other?: "string"
      case nil: nil
      }
    }
  }

  /// As DEL.
  public func delete(_ name: String) { thread.run { removeKey(Array(name.utf8)) } }

  func removeKey(_ name: [UInt8]) {
    if case .module(let type, let value)? = keys.removeValue(forKey: name) { type.methods.free?(value) }
  }

  /// As RENAME: the module is not told.
  public func rename(_ name: String, to new: String) {
    thread.run {
      removeKey(Array(new.utf8))
      keys[Array(new.utf8)] = keys.removeValue(forKey: Array(name.utf8))
    }
  }

  /// As COPY. Returns whether the module has made a copy.
  public func copy(_ name: String, to new: String) -> Bool {
    thread.run {
      guard case .module(let type, let value)? = keys[Array(name.utf8)] else { return false }
      let copy = withStrings([Array(name.utf8), Array(new.utf8)]) { names in
        type.methods.copy?(names?[0], names?[1], UnsafeRawPointer(value))
      }
      guard let copy else { return false }
      removeKey(Array(new.utf8))
      keys[Array(new.utf8)] = .module(type, copy)
      return true
    }
  }

  /// As MEMORY USAGE, in bytes, as far as the module knows it.
  public func memoryUsage(_ name: String) -> Int? {
    value(name) { type, value in type.methods.memory_usage.map { $0(UnsafeRawPointer(value)) } }
  }

  /// How much work it is to free a key: above 64 UNLINK has it done on another thread.
  public func freeEffort(_ name: String) -> Int? {
    value(name) { type, value in
      withStrings([Array(name.utf8)]) { key in
        type.methods.free_effort.map { $0(key?[0], UnsafeRawPointer(value)) }
      }
    }
  }

  /// What DEBUG DIGEST-VALUE is computed from.
  public func digest(_ name: String) -> [[UInt8]]? {
    value(name) { type, value in
      let digest = DigestHandle()
      let pointer = handles.lend(digest)
      defer { _ = handles.end(pointer, as: DigestHandle.self) }
      type.methods.digest?(pointer, value)
      return digest.parts
    }
  }

  private func value<Result>(
    _ name: String, _ body: (DataTypeHandle, UnsafeMutableRawPointer) -> Result?
  ) -> Result? {
    thread.run {
      guard case .module(let type, let value)? = keys[Array(name.utf8)] else { return nil }
      return body(type, value)
    }
  }

  /// Saves the value of a key, as DUMP does, or as a child that writes an RDB file.
  public func save(_ name: String, inChild: Bool = false) -> SavedValue? {
    value(name) { type, value in
      withIO([], Array(name.utf8), inChild ? SERVER_CONTEXT_CHILD : 0) { io in
        type.methods.rdb_save?(io.pointer, value)
        return SavedValue(encodingVersion: type.encodingVersion, fields: io.fields)
      }
    }
  }

  /// Loads a value as a key, as RESTORE does or the server while it loads. Returns whether the module has taken it.
  public func restore(_ saved: SavedValue, as name: String) -> Bool {
    thread.run {
      guard let type = dataTypes.first else { return false }
      return withIO(saved.fields, Array(name.utf8), 0) { io in
        guard let value = type.methods.rdb_load?(io.pointer, saved.encodingVersion) else { return false }
        if io.position < io.fields.count { violate("a value was not read to its end") }
        removeKey(Array(name.utf8))
        keys[Array(name.utf8)] = .module(type, value)
        return true
      }
    }
  }

  /// The commands that make a key anew in a rewritten AOF.
  public func rewrite(_ name: String) -> [[String]]? {
    value(name) { type, value in
      withIO([], Array(name.utf8), 0) { io in
        type.methods.aof_rewrite?(io.pointer, io.key, value)
        return io.commands.map { words in words.map { String(decoding: $0, as: UTF8.self) } }
      }
    }
  }

  private func withIO<Result>(
    _ fields: [SavedField], _ key: [UInt8], _ flags: Int, _ body: (IOHandle) -> Result
  ) -> Result {
    withContext(flags) { context in
      withStrings([key]) { strings in
        let io = IOHandle(fields, key: strings?[0], context: context.pointer)
        let pointer = handles.lend(io)
        defer { _ = handles.end(pointer, as: IOHandle.self) }
        return body(io)
      }
    }
  }
}
