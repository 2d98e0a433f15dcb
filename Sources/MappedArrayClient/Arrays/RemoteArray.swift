/// An array on a server: a file of numbers that a key is bound to.
///
/// Elements travel packed, as the file holds them, and become Swift's without any work for each. The type is checked
/// when the array is bound, not with every command: who binds the key to a file of another type afterwards has to bind
/// the `RemoteArray` anew. Whatever is out of range is left out, not an error. All calls block the thread; see
/// ``AsyncRemoteArray`` for those that don't.
///
/// ```swift
/// let connection = try Connection(to: .tcp(host: "localhost", port: 6379))
/// let prices = try RemoteArray<Float>.map("prices.npy", to: "prices", on: connection)
/// try prices.append(contentsOf: [20.5, 21])
/// let first = try prices[0]
/// let (sum, mean) = try prices.aggregate(.sum, .mean)
/// ```
public struct RemoteArray<Element: ArrayElement> {
  /// The connection that the array is reached through.
  public let connection: Connection
  /// The array's key.
  public let key: Argument

  /// Binds to a key that is mapped already.
  ///
  /// - Throws: `ClientError.typeMismatch` if the array's elements are of another type or the key does not exist,
  ///   `.server` if it is of another kind or the file is not there.
  public init(_ key: some ArgumentConvertible, on connection: Connection) throws(ClientError) {
    self.init(key.argument, checkedOn: connection)
    let found = try connection("MMAP.TYPE", key, as: String?.self)
    guard found == Element.elementTypeName else {
      throw .typeMismatch(expected: Element.elementTypeName, found: found ?? "no such key")
    }
  }

  /// Maps a file to a key, with `MMAP`, and binds to it. A missing file is created unless `access` is `.readOnly`.
  ///
  /// - Parameters:
  ///   - path: the file's path below the server's root.
  ///   - key: the key, which need not exist.
  ///   - connection: a connection to the server.
  ///   - format: what a missing or empty file becomes; one that has contents stays as it is.
  ///   - access: what may be done with the array.
  ///   - columns: how many elements a row of a new or raw file has, and must have in a file with a header; see
  ///     ``RemoteMatrix``.
  /// - Throws: `ClientError.server`, whose message names both types if the file's is another.
  public static func map(
    _ path: String, to key: some ArgumentConvertible, on connection: Connection, format: ArrayFormat = .npy,
    access: ArrayAccess = .writable, columns: Int? = nil
  ) throws(ClientError) -> RemoteArray {
    var words: [Argument] = ["MMAP", key.argument, Argument(path), Argument(Element.elementTypeName)]
    if format == .raw { words.append("RAW") }
    words.append(access == .readOnly ? "READONLY" : "WRITABLE")
    if let columns { words += ["COLUMNS", Argument(columns)] }
    try connection.checked(connection.send(words))
    return RemoteArray(key.argument, checkedOn: connection)
  }

  /// An array of which it is known already that its elements are of this type.
  init(_ key: Argument, checkedOn connection: Connection) {
    self.key = key
    self.connection = connection
  }

  /// How many elements there are now. Other clients and programs may change it at any time.
  public var count: Int {
    get throws(ClientError) { try connection("MMAP.COUNT", key, as: Int.self) }
  }

  /// What the server knows of the array and its file.
  ///
  /// - Throws: `ClientError.typeMismatch` if the key does not exist any more.
  public func info() throws(ClientError) -> ArrayInfo {
    try connection("MMAP.INFO", key, as: ArrayInfo.self)
  }

  /// Waits until the array is on the disk.
  public func synchronize() throws(ClientError) {
    try connection("MMAP.SYNC", key)
  }

  /// Sends a command about the array and returns its reply as a `Value`.
  func call<Value: ReplyValue>(
    _ name: Argument, _ arguments: [Argument] = [], as type: Value.Type = Value.self
  ) throws(ClientError) -> Value {
    try Value(connection.checked(connection.send([name, key] + arguments)))
  }
}

/// How a file records its elements.
public enum ArrayFormat: String, Sendable {
  /// Behind NumPy's header, which names their type and count.
  case npy
  /// Nothing but the elements.
  case raw
}

/// What may be done with an array.
public enum ArrayAccess: Sendable {
  /// Everything.
  case writable
  /// Elements are read; commands that would change them are errors.
  case readOnly
}
