/// How many bytes the strings of an array have: 1 to 4096.
public struct StringSize: Hashable, Sendable {
  /// 4096.
  public static let most = 4096

  // Small, as each key has several. The type is put together anew each time.
  private let stored: UInt16

  /// The type of strings of this size.
  var elementType: any MappableElement.Type { StringSize.elementType(of: bytes) }

  public var bytes: Int { Int(stored) }

  /// nil if strings cannot have as many.
  public init?(_ bytes: Int) {
    guard 1...StringSize.most ~= bytes else { return nil }
    stored = UInt16(truncatingIfNeeded: bytes)
  }

  /// The size behind an `S`; nil unless the text is digits, the first of them not zero.
  init?(digits: some StringProtocol) {
    let numerals = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard digits.utf8.allSatisfy({ numerals ~= $0 }), digits.utf8.first != numerals.lowerBound, let bytes = Int(digits)
    else { return nil }
    self.init(bytes)
  }

  /// The size of a type that is known to have one.
  init<Storage: BitwiseCopyable & Sendable>(of storage: Storage.Type) {
    stored = UInt16(truncatingIfNeeded: MemoryLayout<Storage>.size)
  }
}
