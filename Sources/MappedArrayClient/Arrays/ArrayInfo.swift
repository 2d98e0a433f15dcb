/// What a server knows of an array and its file, by `MMAP.INFO`.
public struct ArrayInfo: Equatable, Sendable {
  /// Whether the file can be used.
  public enum State: Equatable, Sendable {
    /// The file is mapped.
    case attached
    /// Another file has taken the place of the one that is mapped, which goes on being served.
    case replaced
    /// The file is missing or does not fit; the array attaches by itself when it is back.
    case detached(reason: String)
  }

  /// Facts of an array whose file is there.
  public struct Contents: Equatable, Sendable {
    /// How many elements there are.
    public let count: Int
    /// The lengths of the dimensions, whose product is `count`.
    public let shape: [Int]
    /// How many elements there is room for before the file has to grow.
    public let capacity: Int
    /// How many bytes of address space the mapping takes.
    public let mappedByteCount: Int
  }

  /// The file's path, relative to the server's root.
  public let path: String
  /// The file's path on the server's machine.
  public let file: String
  /// The element type's name: `i8` … `f64`.
  public let typeName: String
  /// Bytes per element.
  public let elementSize: Int
  /// How the file records its elements.
  public let format: ArrayFormat
  /// What may be done with the array.
  public let access: ArrayAccess
  /// Whether the file can be used.
  public let state: State
  /// Nil while the array is detached.
  public let contents: Contents?
}

extension ArrayInfo: ReplyValue {
  /// Reads the reply of `MMAP.INFO`; facts that are not known here are left out.
  public init(_ reply: Reply) throws(ClientError) {
    path = try reply.fact("path")
    file = try reply.fact("file")
    typeName = try reply.fact("type")
    elementSize = try reply.fact("itemsize")
    let formatName: String = try reply.fact("format")
    guard let format = ArrayFormat(rawValue: formatName) else {
      throw .typeMismatch(expected: "a format", found: formatName)
    }
    self.format = format
    access = try reply.fact("readonly") ? .readOnly : .writable
    let stateName: String = try reply.fact("state")
    switch stateName {
    case "attached": state = .attached
    case "replaced": state = .replaced
    case "detached": state = .detached(reason: try reply.fact("reason"))
    default: throw .typeMismatch(expected: "a state", found: stateName)
    }
    contents =
      if case .detached = state { nil } else {
        Contents(
          count: try reply.fact("count"), shape: try reply.fact("shape"), capacity: try reply.fact("capacity"),
          mappedByteCount: try reply.fact("mapped_bytes"))
      }
  }
}

extension Reply {
  /// The value of a key that a map must have.
  fileprivate func fact<Value: ReplyValue>(_ name: String) throws(ClientError) -> Value {
    guard let value = self[name] else { throw mismatch("a map with \(name)") }
    return try Value(value)
  }
}
