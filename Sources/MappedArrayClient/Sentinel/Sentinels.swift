import Glibc

/// Sentinels, which watch a master and its replicas and know which of them is the master now.
///
/// ```swift
/// let sentinels = Sentinels([.tcp(host: "a", port: 26379), .tcp(host: "b", port: 26379)], masterName: "numbers")
/// var connection = try sentinels.connectToMaster(timeout: .seconds(5))
/// // When a call throws .connection or .timeout:
/// connection = try sentinels.connectToMaster(timeout: .seconds(5))
/// ```
public struct Sentinels: Sendable {
  private let addresses: [Address]
  private let masterName: String
  private let timeout: Duration
  private let user: String?
  private let password: String?

  /// - Parameters:
  ///   - addresses: where the Sentinels listen.
  ///   - masterName: the name that they know the master by.
  ///   - timeout: how long connecting to one of them, and any wait for it, may last.
  ///   - user: the user of the Sentinels that `password` belongs to, `default` if nil.
  ///   - password: what the Sentinels want; none is sent if nil.
  public init(
    _ addresses: [Address], masterName: String, timeout: Duration = .seconds(1), user: String? = nil,
    password: String? = nil
  ) {
    self.addresses = addresses
    self.masterName = masterName
    self.timeout = timeout
    self.user = user
    self.password = password
  }

  /// Where the master listens, as the first Sentinel says that replies.
  ///
  /// - Throws: what the last of them said if none knows; `ClientError.typeMismatch` if it does not know the name.
  public func masterAddress() throws(ClientError) -> Address {
    var failure = ClientError.connection(code: 0, message: "no Sentinel is known")
    for address in addresses {
      do throws(ClientError) {
        let sentinel = try Connection(
          to: address, timeout: timeout, user: user, password: password, protocolVersion: .resp2)
        let words = try sentinel("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName, as: [String]?.self) ?? []
        if words.count == 2, let port = UInt16(words[1]) { return .tcp(host: words[0], port: port) }
        failure = .typeMismatch(expected: "the address of \(masterName)", found: words.joined(separator: " "))
      } catch {
        failure = error
      }
    }
    throw failure
  }

  /// Connects to the master. While the Sentinels elect another, or still name one that is gone, they are asked again.
  ///
  /// - Parameters:
  ///   - timeout: how long connecting to the master, and later any wait for it, may last. For ever if nil.
  ///   - patience: how long it may take to find a master that says that it is one.
  ///   - user: the user that `password` belongs to, `default` if nil.
  ///   - password: the user's password; none is sent if nil.
  ///   - database: the number of the database.
  ///   - protocolVersion: the version that replies come in.
  /// - Throws: what kept it from being found.
  public func connectToMaster(
    timeout: Duration? = nil, patience: Duration = .seconds(60), user: String? = nil, password: String? = nil,
    database: Int = 0, protocolVersion: ProtocolVersion = .resp3
  ) throws(ClientError) -> Connection {
    let deadline = ContinuousClock.now + patience
    while true {
      do throws(ClientError) {
        let address = try masterAddress()
        let connection = try Connection(
          to: address, timeout: timeout, user: user, password: password, database: database,
          protocolVersion: protocolVersion)
        let role = try connection("ROLE", as: [Reply].self).first?.text
        if role == "master" { return connection }
        throw .typeMismatch(expected: "a master at \(address)", found: role ?? "nothing")
      } catch {
        guard ContinuousClock.now < deadline else { throw error }
      }
      usleep(20_000)
    }
  }
}
