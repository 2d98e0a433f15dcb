/// Why a call to a server failed.
///
/// After `connection`, `protocolViolation` or `timeout` the connection can't be used any more: what would be read next
/// is no longer known. After `server` and `typeMismatch` it goes on.
public enum ClientError: Error, Equatable, Sendable {
  /// The connection could not be made or broke. `code` is an `errno`, or 0 where the cause has none (a host name that
  /// is not known, say).
  case connection(code: Int32, message: String)
  /// The server replied with an error. `code` is its first word (`ERR`, `WRONGTYPE`, `NOAUTH`), `message` the rest.
  case server(code: String, message: String)
  /// What the server sent is not RESP, or a command can't be written in it.
  case protocolViolation(String)
  /// The server took longer than the connection's time-out.
  case timeout
  /// The reply, or the array on the server, is of another type than the caller's.
  case typeMismatch(expected: String, found: String)
}

extension ClientError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .connection(let code, let message): code == 0 ? message : "\(message) (errno \(code))"
    case .server(let code, let message): ServerError(code: code, message: message).description
    case .protocolViolation(let text): "protocol violation: \(text)"
    case .timeout: "the server did not reply in time"
    case .typeMismatch(let expected, let found): "expected \(expected), found \(found)"
    }
  }
}
