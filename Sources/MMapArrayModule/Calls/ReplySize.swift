import MappedArray

/// How many bytes replies have.
enum ReplySize {
  /// How many elements are replied in about a millisecond.
  static let piece = 1 << 14
  /// How many elements of a type, which may be long, are replied in about a millisecond.
  @inline(__always)
  static func piece<Element: MappableElement>(of type: Element.Type) -> Int {
    min(piece, manyBytes / MemoryLayout<Element>.stride)
  }

  /// How many bytes of packed elements are many.
  static let manyBytes = 1 << 20

  /// An index.
  static func integer(_ index: Int) -> Int {
    var (digits, rest) = (1, index)
    while rest >= 10 {
      rest /= 10
      digits += 1
    }
    // The kind before it, CR and LF behind it.
    return digits + 3
  }

  /// What an array begins with.
  static func array(_ count: Int) -> Int { integer(count) }

  /// What a result of an aggregate has at most, of elements of this type.
  static func most<Element: MappableElement>(of operation: AggregateOperation, over type: Element.Type) -> Int {
    switch operation {
    case .first, .last, .minimum, .maximum: most(of: type)
    case .count, .indexOfMinimum, .indexOfMaximum: most(of: Int64.self)
    case .mean, .variance, .standardDeviation: most(of: Double.self)
    // Of integers it may have 128 bits.
    case .sum: 7 + 40
    }
  }

  /// What an element has at most: an integer, or a bulk string of the longest text.
  @inline(__always)
  static func most<Element: MappableElement>(of type: Element.Type) -> Int {
    // The kind before an integer, CR and LF behind it; large ones are bulk strings as floats are.
    let isInteger = Element.numberKind != .floatingPoint && Element.elementType != .u64
    if Element.numberKind == .string { return 9 + Element.mostTextBytes }
    return (isInteger ? 3 : 7) + Element.mostTextBytes
  }
}
