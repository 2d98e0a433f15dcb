import MappedArrayClient

/// A reply as `redis-cli --no-raw` prints it, line by line, and how it is compared.
public struct PrintedReply: Sendable {
  /// Without the ends of the lines.
  public let lines: [String]

  /// Prints a reply.
  public init(_ reply: Reply) {
    lines =
      switch reply {
      case .array([]): ["(empty array)"]
      case .array(let elements):
        elements.enumerated().flatMap { index, element in
          let number = "\(index + 1)) "
          let nested = PrintedReply(element).lines
          return [number + nested[0]] + nested.dropFirst().map { String(repeating: " ", count: number.count) + $0 }
        }
      case .integer(let value): ["(integer) \(value)"]
      case .bulk(let bytes): ["\"" + bytes.map(PrintedReply.escaped).joined() + "\""]
      case .status(let text): [text]
      case .null: ["(nil)"]
      case .error(let error): ["(error) \(error)"]
      default: ["(\(reply.kind)) \(reply.text ?? "")"]
      }
  }

  private static func escaped(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "\\"), UInt8(ascii: "\""): "\\\(Unicode.Scalar(byte))"
    case 0x20..<0x7F: String(Unicode.Scalar(byte))
    default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }

  /// Whether this is the reply that a walk-through expects. Numbers count by their value; of an error that is written
  /// as `(error) ERR … names X and Y` the beginning counts, and that X and Y are in it.
  public func matches(_ expected: [String]) -> Bool {
    if let pattern = expected.first?.wholeMatch(of: /(\(error\) [A-Z]+) … names (.+) and (?:the range )?(.+)/) {
      let (_, start, first, second) = pattern.output
      return expected.count == 1 && lines.count == 1 && lines[0].hasPrefix("\(start) ") && lines[0].contains(first)
        && lines[0].contains(second)
    }
    return lines.count == expected.count && zip(lines, expected).allSatisfy(PrintedReply.same)
  }

  private static func same(_ found: String, _ expected: String) -> Bool {
    if found == expected { return true }
    let quoted = /(.*)"(.*)"/
    guard let found = found.wholeMatch(of: quoted)?.output, let expected = expected.wholeMatch(of: quoted)?.output,
      let value = Double(found.2)
    else { return false }
    return found.1 == expected.1 && value == Double(expected.2)
  }
}
