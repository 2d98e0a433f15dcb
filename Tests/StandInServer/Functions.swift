import CStandInServer
import Glibc
import Synchronization

// What the module is given. A function that it begins to use is a field of `ServerFunctions` by then: until there is a
// line for it here, loading fails and names it.

var server: StandInServer { .shared }

extension StandInServer {
  /// Makes the module's look-up find the functions below.
  func install() {
    var table = ServerFunctions()
    addLoading(to: &table)
    addConfiguration(to: &table)
    addKeys(to: &table)
    addStrings(to: &table)
    addReplies(to: &table)
    addWaiting(to: &table)
    addInformation(to: &table)
    addSaving(to: &table)
    stand_in_install(
      &table,
      stand_in_hooks(
        log: { server.note($1, $2) }, replicate: { server.replicate($0, $1) }, emit_aof: { server.emit($0, $1) },
        call: { server.call($0, $1) }, violation: { server.violate(text($0) ?? "") },
        missing: { server.log.append("missing: \(text($0) ?? "")") }))
  }

  /// What a pointer stands for; a violation if it is not valid.
  func find<Kind: Handle>(_ pointer: OpaquePointer?, _ kind: Kind.Type = Kind.self) -> Kind? {
    let found = handles.find(pointer, as: Kind.self)
    if found == nil { violate("a \(Kind.self) is used that is none") }
    return found
  }

  /// Takes back what the module had.
  func end<Kind: Handle>(_ pointer: OpaquePointer?, _ kind: Kind.Type) {
    if handles.end(pointer, as: Kind.self) == nil { violate("a \(Kind.self) is given back that is none") }
  }

  func bytes(of string: OpaquePointer?) -> [UInt8] { find(string, StringHandle.self)?.bytes ?? [] }

  func textBytes(_ string: OpaquePointer?) -> String { String(decoding: bytes(of: string), as: UTF8.self) }
}
