import Dispatch
import Glibc
import MappedArrayClient

extension Connection {
  /// A connection to a peer that has sent `bytes` and ended.
  static func receiving(
    _ bytes: some Collection<UInt8>, _ version: ProtocolVersion = .resp3
  ) throws -> Connection {
    let (connection, peer) = try pair(timeout: .seconds(10), version)
    try peer.send(bytes)
    return connection
  }

  static func receiving(_ text: String, _ version: ProtocolVersion = .resp3) throws -> Connection {
    try receiving(Array(text.utf8), version)
  }

  static func pair(timeout: Duration?, _ version: ProtocolVersion = .resp3) throws -> (Connection, Peer) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { throw Failure(code: errno) }
    let connection = try Connection(adopting: ends[0], timeout: timeout, protocolVersion: version)
    return (connection, Peer(descriptor: ends[1]))
  }
}

struct Failure: Error {
  let code: Int32
}

/// The other end of a connection.
final class Peer: Sendable {
  let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  func send(_ bytes: some Collection<UInt8>) throws {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { throw Failure(code: errno) }
      rest = rest.dropFirst(count)
    }
  }
}
