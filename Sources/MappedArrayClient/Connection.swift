import CHiredis
import Glibc

/// Where a server listens.
public enum Address: Hashable, Sendable {
  /// A host's name or address, and a port.
  case tcp(host: String, port: UInt16)
  /// A socket of this machine, by its path.
  case unix(path: String)
}

/// The version of the protocol that replies come in.
public enum ProtocolVersion: Int, Sendable, CaseIterable {
  /// Every server's. With hiredis before 1.0, strings that are not read in place have no more than 2 GiB.
  case resp2 = 2
  /// With doubles, big numbers, maps and messages that are no replies to commands; since Redis 6.
  case resp3 = 3
}

/// A connection to a Redis or Valkey server.
///
/// Calls block the thread; a connection serves one thread at a time. Once a call has thrown `ClientError.connection`,
/// `.protocolViolation` or `.timeout`, later ones throw the same.
///
/// ```swift
/// let connection = try Connection(to: .tcp(host: "localhost", port: 6379))
/// try connection("VADD", "temperatures", 20.5, 21)
/// let count = try connection("VCOUNT", "temperatures", as: Int.self)
/// ```
public final class Connection {
  let context: UnsafeMutablePointer<redisContext>
  var reader: ReplyReader
  /// What made the connection unusable.
  var failure: ClientError?
  /// The arguments of the command that is being formatted, kept for their memory.
  var command = CommandVectors()

  /// What is done with messages that are no replies to commands, which only RESP3 has; without it they are dropped.
  ///
  /// `readReply()` returns them as replies instead.
  public var onPush: (([Reply]) -> Void)?

  /// Connects, and names the user and selects the database if they are given.
  ///
  /// - Parameters:
  ///   - address: where the server listens.
  ///   - timeout: how long connecting, and later any wait for the server to send or take bytes, may last. For ever if
  ///     nil; at least a millisecond.
  ///   - user: the user that `password` belongs to, `default` if nil.
  ///   - password: the user's password; none is sent if nil.
  ///   - database: the number of the database.
  ///   - protocolVersion: the version that replies come in; `HELLO` can't change it later.
  /// - Throws: `ClientError.connection` if the server can't be reached, `.server` if it refuses the password, the
  ///   database or the protocol's version.
  public convenience init(
    to address: Address, timeout: Duration? = nil, user: String? = nil, password: String? = nil, database: Int = 0,
    protocolVersion: ProtocolVersion = .resp3
  ) throws(ClientError) {
    let context: UnsafeMutablePointer<redisContext>?
    switch address {
    case .tcp(let host, let port):
      guard !host.utf8.contains(0) else { throw ClientError(code: EINVAL) }
      context =
        if let timeout { redisConnectWithTimeout(host, Int32(port), timeval(timeout)) } else {
          redisConnect(host, Int32(port))
        }
    case .unix(let path):
      // hiredis cuts a longer path off and would connect to another socket.
      guard path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path), !path.utf8.contains(0) else {
        throw ClientError(code: ENAMETOOLONG)
      }
      context = Connection.connect(path, timeout)
    }
    try self.init(context, timeout: timeout, protocolVersion: protocolVersion)
    try introduce(user: user, password: password, database: database, protocolVersion: protocolVersion)
  }

  /// Takes over a stream socket that is connected already, and closes it in the end. Nothing is sent.
  ///
  /// - Parameters:
  ///   - descriptor: the socket's.
  ///   - timeout: how long any wait for the other side may last. For ever if nil.
  ///   - protocolVersion: the newest version that replies may come in.
  public convenience init(
    adopting descriptor: Int32, timeout: Duration? = nil, protocolVersion: ProtocolVersion = .resp3
  ) throws(ClientError) {
    try self.init(redisConnectFd(descriptor), timeout: timeout, protocolVersion: protocolVersion)
  }

  /// Connects to a socket of this machine. While more clients are on their way than it has room for the kernel refuses others
  /// at once, where a port would have them wait; connect(2).
  private static func connect(_ path: String, _ timeout: Duration?) -> UnsafeMutablePointer<redisContext>? {
    let end = timeout.map { ContinuousClock.now + $0 }
    while true {
      let context =
        if let timeout { redisConnectUnixWithTimeout(path, timeval(timeout)) } else { redisConnectUnix(path) }
      let isRefused = context?.pointee.err == REDIS_ERR_IO && errno == EAGAIN
      if !isRefused { return context }
      if let end, ContinuousClock.now >= end {
        errno = EAGAIN
        return context
      }
      redisFree(context)
      usleep(1000)
    }
  }

  private init(
    _ context: UnsafeMutablePointer<redisContext>?, timeout: Duration?, protocolVersion: ProtocolVersion
  ) throws(ClientError) {
    let code = errno
    guard let context else { throw ClientError(code: ENOMEM) }
    guard context.pointee.err == REDIS_OK else {
      defer { redisFree(context) }
      throw ClientError(context, code: code)
    }
    self.context = context
    do throws(ClientError) {
      reader = try ReplyReader(descriptor: context.pointee.fd, protocolVersion: protocolVersion)
    } catch {
      redisFree(context)
      throw error
    }
    if let timeout, redisSetTimeout(context, timeval(timeout)) != REDIS_OK {
      throw ClientError(context, code: errno)
    }
  }

  deinit {
    redisFree(context)
  }

  private func introduce(
    user: String?, password: String?, database: Int, protocolVersion: ProtocolVersion
  ) throws(ClientError) {
    let credentials = password.map { [Argument(user ?? "default"), Argument($0)] }
    switch protocolVersion {
    case .resp3:
      try checked(send(["HELLO", "3"] + (credentials.map { ["AUTH"] + $0 } ?? [])))
    case .resp2:
      // A server before ACLs knows passwords only.
      if let credentials { try checked(send(["AUTH"] + (user == nil ? credentials.suffix(1) : credentials[...]))) }
    }
    if database != 0 { try checked(send(["SELECT", Argument(database)])) }
  }
}

extension ClientError {
  /// What hiredis says about `context`; `code` is the `errno` it left.
  init(_ context: UnsafeMutablePointer<redisContext>, code: Int32) {
    let text = withUnsafeBytes(of: context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    self =
      switch (context.pointee.err, code) {
      case (REDIS_ERR_IO, EAGAIN), (REDIS_ERR_IO, ETIMEDOUT): .timeout
      case (REDIS_ERR_IO, _): .connection(code: code, message: text)
      case (REDIS_ERR_OOM, _): .connection(code: ENOMEM, message: text)
      default: .connection(code: 0, message: text)
      }
  }
}

extension timeval {
  /// At least a millisecond, since 0 stands for no limit, and at most the milliseconds that `poll` can count.
  init(_ duration: Duration) {
    let milliseconds = min(max(duration, .milliseconds(1)), .milliseconds(Int64(Int32.max)))
    let (seconds, attoseconds) = milliseconds.components
    self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
  }
}
