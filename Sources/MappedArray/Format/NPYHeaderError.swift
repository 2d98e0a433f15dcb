/// Why a `.npy` header is refused. Each says what was found.
public enum NPYHeaderError: Error, Equatable, Sendable, CustomStringConvertible {
  case truncated
  case version(UInt8, UInt8)
  case tooLong(bytes: Int)
  case malformed(at: Int, expected: String)
  case missingKey(String)
  case repeatedKey(String)
  case unknownKey(String)
  case byteOrder(descr: String)
  case elementType(descr: String)
  case fortranOrder(dimensions: Int)
  case noDimensions
  case tooManyDimensions
  case tooManyElements
  case missingData(bytes: Int, of: Int)

  public var description: String {
    switch self {
    case .truncated: "the file ends inside its .npy header"
    case .version(let major, let minor):
      "its .npy version is \(major).\(minor); versions 1.0, 2.0 and 3.0 can be mapped"
    case .tooLong(let bytes): "its .npy header has \(bytes) bytes; at most \(NPYHeader.largestDataOffset) can be read"
    case .malformed(let position, let expected):
      "its .npy header is malformed at byte \(position): expected \(expected)"
    case .missingKey(let key): "its .npy header lacks '\(key)'"
    case .repeatedKey(let key): "its .npy header has '\(key)' twice"
    case .unknownKey(let key): "its .npy header has the unknown key '\(key)'"
    case .byteOrder(let descr): "its elements are big-endian ('\(descr)'); only little-endian ones can be mapped"
    case .elementType(let descr): "its elements are '\(descr)'; \(ElementType.summary) can be mapped"
    case .fortranOrder(let dimensions): "it is in Fortran order in \(dimensions) dimensions; save it in C order"
    case .noDimensions: "it has no dimensions; an array with one or more can be mapped"
    case .tooManyDimensions: "it has more than \(NPYHeaderParser.mostDimensions) dimensions"
    case .tooManyElements: "its shape has more elements than a file can hold"
    case .missingData(let bytes, let needed): "it has \(bytes) bytes of data where its shape needs \(needed)"
    }
  }
}
