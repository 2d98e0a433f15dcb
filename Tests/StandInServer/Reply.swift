/// What a client receives, as a tree.
public enum Reply: Equatable, Sendable, CustomStringConvertible {
  case simple(String)
  case error(String)
  case integer(Int)
  case bulk([UInt8])
  case null
  case double(Double)
  /// RESP3 only, as the two below.
  case bigNumber(String)
  case array([Reply])
  /// Keys and values in turn.
  case map([Reply])

  /// A bulk string of that text.
  public static func bulk(_ text: String) -> Reply { .bulk(Array(text.utf8)) }

  /// An array of integers.
  public static func integers(_ integers: [Int]) -> Reply { .array(integers.map { .integer($0) }) }

  public static let ok = Reply.simple("OK")

  /// The message of an error; nil for all else.
  public var errorText: String? {
    if case .error(let text) = self { text } else { nil }
  }

  /// What a text, simple or bulk, is; nil for all else.
  public var text: String? {
    switch self {
    case .simple(let text): text
    case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
    default: nil
    }
  }

  /// The elements of an array, or the keys and values of a map in turn; nil for all else.
  public var elements: [Reply]? {
    switch self {
    case .array(let elements), .map(let elements): elements
    default: nil
    }
  }

  /// The value of a key of a map.
  public subscript(key: String) -> Reply? {
    guard let elements, let index = elements.firstIndex(of: .bulk(key)), index.isMultiple(of: 2) else { return nil }
    return elements.dropFirst(index + 1).first
  }

  /// Different for different replies, also for 0 and -0; the same for all NaN.
  public var description: String {
    switch self {
    case .simple(let text): "+\(text)"
    case .error(let text): "-\(text)"
    case .integer(let integer): ":\(integer)"
    case .bulk(let bytes): "\"\(String(decoding: bytes, as: UTF8.self))\"" + (isText(bytes) ? "" : "\(bytes)")
    case .null: "(nil)"
    case .double(let double): ",\(double)"
    case .bigNumber(let digits): "(\(digits)"
    case .array(let elements): "\(elements)"
    case .map(let elements): "%\(elements)"
    }
  }

  private func isText(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { (0x20..<0x7F).contains($0) && $0 != 0x22 } }

  public static func == (left: Reply, right: Reply) -> Bool {
    switch (left, right) {
    // Those that there may be many of.
    case (.bulk(let left), .bulk(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.array(let left), .array(let right)): left == right
    default: left.description == right.description
    }
  }
}

/// Puts replies together as a module makes them, arrays before their elements.
struct ReplyBuilder {
  private struct Container {
    let isMap: Bool
    let count: Int
    var elements: [Reply] = []
  }

  private var open: [Container] = []
  private(set) var replies: [Reply] = []

  /// Whether all arrays and maps have as many elements as they were to have.
  var isComplete: Bool { open.isEmpty }

  mutating func add(_ reply: Reply) {
    guard !open.isEmpty else { return replies.append(reply) }
    open[open.count - 1].elements.append(reply)
    closeFull()
  }

  /// Begins an array of so many elements, or a map of half as many keys.
  mutating func begin(isMap: Bool, count: Int) {
    open.append(Container(isMap: isMap, count: count))
    closeFull()
  }

  private mutating func closeFull() {
    while let last = open.last, last.elements.count == last.count {
      open.removeLast()
      let reply = last.isMap ? Reply.map(last.elements) : .array(last.elements)
      guard !open.isEmpty else { return replies.append(reply) }
      open[open.count - 1].elements.append(reply)
    }
  }
}
