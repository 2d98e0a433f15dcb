import CStandInServer
import Synchronization

/// Something that the module has a pointer to.
///
/// Sendable, because modules use some on threads of their own; what is in them is guarded by what the API demands.
class Handle: @unchecked Sendable {
  /// What the module holds.
  var address: Int { Int(bitPattern: Unmanaged.passUnretained(self).toOpaque()) }
  final var pointer: OpaquePointer? { OpaquePointer(bitPattern: address) }
}

/// All that the module has pointers to. What it is not lent it must not use, and what it makes it must give back, once.
final class HandleTable: Sendable {
  private let live = Mutex<[Int: Handle]>([:])

  /// Makes a pointer valid.
  func lend(_ handle: Handle) -> OpaquePointer? {
    live.withLock { $0[handle.address] = handle }
    return handle.pointer
  }

  /// What a pointer stands for; nil if it is not valid.
  func find<Kind: Handle>(_ pointer: OpaquePointer?, as kind: Kind.Type) -> Kind? {
    live.withLock { $0[Int(bitPattern: pointer)] } as? Kind
  }

  /// Ends what a pointer stands for; nil if it is not valid.
  func end<Kind: Handle>(_ pointer: OpaquePointer?, as kind: Kind.Type) -> Kind? {
    live.withLock { $0.removeValue(forKey: Int(bitPattern: pointer)) } as? Kind
  }

  /// How many there are of each kind, by its name.
  func counts() -> [String: Int] {
    live.withLock { $0.values.map { "\(type(of: $0))" } }.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }
}

/// A string. Its bytes begin at no even address, as the servers' may.
final class StringHandle: Handle, @unchecked Sendable {
  let bytes: [UInt8]
  private let room: UnsafeMutablePointer<CChar>

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    room = .allocate(capacity: bytes.count + 2)
    room.initialize(repeating: 0, count: bytes.count + 2)
    for (index, byte) in bytes.enumerated() { room[index + 1] = CChar(bitPattern: byte) }
  }

  deinit { room.deallocate() }

  var start: UnsafePointer<CChar> { UnsafePointer(room + 1) }
}

/// A context: who calls, and what is replied.
final class ContextHandle: Handle, @unchecked Sendable {
  /// GetContextFlags.
  let flags: Int
  /// The command that it runs, if it does.
  let command: ServedCommand?
  var builder = ReplyBuilder()
  /// What UnblockClient was given, in a reply callback.
  var privateData: UnsafeMutableRawPointer?
  private let block: UnsafeMutablePointer<stand_in_context>

  init(flags: Int, command: ServedCommand? = nil) {
    self.flags = flags
    self.command = command
    block = .allocate(capacity: 1)
    block.initialize(to: stand_in_context(look_up: { stand_in_look_up($0, $1) }, object: nil))
  }

  deinit { block.deallocate() }

  override var address: Int { Int(bitPattern: block) }
}

/// A key that is open.
final class KeyHandle: Handle, @unchecked Sendable {
  let name: [UInt8]
  let mode: Int

  init(_ name: [UInt8], mode: Int) {
    self.name = name
    self.mode = mode
  }
}

/// A data type of the module.
final class DataTypeHandle: Handle, @unchecked Sendable {
  let name: String
  let encodingVersion: Int32
  let methods: ServerTypeMethods

  init(name: String, encodingVersion: Int32, methods: ServerTypeMethods) {
    self.name = name
    self.encodingVersion = encodingVersion
    self.methods = methods
  }
}

/// A reply of INFO.
final class InformationHandle: Handle, @unchecked Sendable {
  private let fields: [String: StringHandle]

  init(_ fields: [String: String]) {
    self.fields = fields.mapValues { StringHandle(Array($0.utf8)) }
  }

  func field(_ name: String) -> UnsafePointer<CChar>? { fields[name]?.start }
}

/// A user, as ACL rules know it.
final class UserHandle: Handle, @unchecked Sendable {}

/// The reply of a command that the module has called.
final class CallReplyHandle: Handle, @unchecked Sendable {
  let text: StringHandle
  let isError: Bool

  init(_ text: String, isError: Bool = false) {
    self.text = StringHandle(Array(text.utf8))
    self.isError = isError
  }
}

/// The section of INFO that the module fills.
final class InfoHandle: Handle, @unchecked Sendable {
  var fields: [String: Int] = [:]
  var texts: [String: String] = [:]
}

/// What DEBUG DIGEST-VALUE is computed from.
final class DigestHandle: Handle, @unchecked Sendable {
  var parts: [[UInt8]] = []
}

/// A value that is being saved or loaded, field by field.
final class IOHandle: Handle, @unchecked Sendable {
  var fields: [SavedField]
  var position = 0
  var hasFailed = false
  /// What EmitAOF was given.
  var commands: [[[UInt8]]] = []
  let key: OpaquePointer?
  let context: OpaquePointer?

  init(_ fields: [SavedField], key: OpaquePointer?, context: OpaquePointer?) {
    self.fields = fields
    self.key = key
    self.context = context
  }

  /// The next field, or nil and an error, as where a payload is cut or damaged.
  func next() -> SavedField? {
    guard !hasFailed, position < fields.count else {
      hasFailed = true
      return nil
    }
    position += 1
    return fields[position - 1]
  }
}

/// A client that waits.
final class BlockedClientHandle: Handle, @unchecked Sendable {
  /// nil where nobody can wait, and once the client has gone.
  var command: ServedCommand?
  let reply: ServerCommandFunction?
  let free: (@convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void)?
  var disconnected: (@convention(c) (OpaquePointer?, OpaquePointer?) -> Void)?
  var data: UnsafeMutableRawPointer?
  /// Replies through thread-safe contexts.
  var threadSafeContext: ContextHandle?

  init(
    _ command: ServedCommand?, reply: ServerCommandFunction?,
    free: (@convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void)?
  ) {
    self.command = command
    self.reply = reply
    self.free = free
  }
}
