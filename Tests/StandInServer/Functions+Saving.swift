import CStandInServer
import Glibc

extension StandInServer {
  func addSaving(to table: inout ServerFunctions) {
    table.GetContextFromIO = { server.find($0, IOHandle.self)?.context }
    table.GetKeyNameFromIO = { server.find($0, IOHandle.self)?.key }
    table.SaveUnsigned = { server.find($0, IOHandle.self)?.fields.append(.unsigned($1)) }
    table.SaveStringBuffer = { io, bytes, length in
      server.find(io, IOHandle.self)?.fields.append(
        .string(Array(UnsafeRawBufferPointer(start: bytes, count: length))))
    }
    table.LoadUnsigned = { io in
      guard let io: IOHandle = server.find(io) else { return 0 }
      guard case .unsigned(let number)? = io.next() else {
        io.hasFailed = true
        return 0
      }
      return number
    }
    table.LoadStringBuffer = { io, length in
      guard let io: IOHandle = server.find(io) else { return nil }
      guard case .string(let bytes)? = io.next() else {
        io.hasFailed = true
        return nil
      }
      length?.pointee = bytes.count
      return server.allocate(bytes)
    }
    table.AvoidReplicaTraffic = { server.avoidsReplicaTraffic ? 1 : 0 }
    table.IsIOError = { server.find($0, IOHandle.self)?.hasFailed == true ? 1 : 0 }
    table.DigestAddStringBuffer = { digest, bytes, length in
      server.find(digest, DigestHandle.self)?.parts.append(
        Array(UnsafeRawBufferPointer(start: bytes, count: length)))
    }
    table.DigestEndSequence = { _ in }
  }
}

/// A command that the module describes.
final class CommandHandle: Handle, @unchecked Sendable {
  let name: String

  init(_ name: String) { self.name = name }
}
