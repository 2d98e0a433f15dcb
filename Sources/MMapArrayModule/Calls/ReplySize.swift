import MappedArray

/// How many bytes replies have.
enum ReplySize {
  /// How many elements are replied in about a millisecond.
  static let piece = 1 << 14
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
  static func most(of operation: AggregateOperation, over type: ElementType) -> Int {
    switch operation {
    case .first, .last, .minimum, .maximum: most(of: type)
    case .count, .indexOfMinimum, .indexOfMaximum: most(of: .i64)
    case .mean, .variance, .standardDeviation: most(of: .f64)
    // Of integers it may have 128 bits.
    case .sum: 7 + 40
    }
  }

  /// What an element has at most: an integer, or a bulk string of the longest text.
  static func most(of type: ElementType) -> Int {
    switch type {
    case .i8: 3 + 4
    case .i16: 3 + 6
    case .i32: 3 + 11
    case .u8: 3 + 3
    case .u16: 3 + 5
    case .u32: 3 + 10
    case .i64: 3 + 20
    // Large ones are bulk strings.
    case .u64: 7 + 20
    case .f32: 7 + 15
    case .f64: 7 + 24
    }
  }
}
