/// A field of a value in an RDB file or a payload of DUMP.
public enum SavedField: Equatable, Sendable {
  case unsigned(UInt64)
  case string([UInt8])
}

/// A value as a data type saves it.
public struct SavedValue: Equatable, Sendable {
  public let encodingVersion: Int32
  public var fields: [SavedField]

  /// - Parameter encodingVersion: the version that the data type is told when it loads this.
  public init(encodingVersion: Int32, fields: [SavedField]) {
    self.encodingVersion = encodingVersion
    self.fields = fields
  }
}
