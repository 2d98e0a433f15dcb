import DecimalText
import MappedArray
import ServerModule

// Arguments as the values that they stand for. Each takes the next one, or throws what is wrong with it.
extension Arguments {
  /// The next argument, which must be there.
  @inline(__always)
  mutating func required() throws(CommandError) -> Argument {
    guard let argument = next() else { throw .wrongArity }
    return argument
  }

  /// Nothing may be left.
  func end() throws(CommandError) {
    guard isEmpty else { throw .wrongArity }
  }

  /// An index: any integer of 64 bits.
  @inline(__always)
  mutating func index() throws(CommandError) -> Int {
    let argument = try required()
    do {
      return Int(try NumberParser.index(argument.bytes))
    } catch {
      throw .index(argument.quotation)
    }
  }

  /// An index or a count: no negative number. `name` is what the error calls it.
  mutating func natural(_ name: StaticString) throws(CommandError) -> Int {
    let text = first
    let number = try index()
    guard number >= 0 else {
      throw .argument("\(name) \(text?.quotation ?? "") is negative; give 0 or more")
    }
    return number
  }

  /// A value of the array's type.
  @inline(__always)
  mutating func element<Element: MappableElement>(as type: Element.Type) throws(CommandError) -> Element {
    let argument = try required()
    do {
      return try Element.parse(argument.bytes)
    } catch {
      throw .value(argument.quotation, Element.elementType, range: Element.range, isOutOfRange: error == .outOfRange)
    }
  }

  /// A number that is added to an element.
  mutating func delta<Element: MappableElement>(for type: Element.Type) throws(CommandError) -> Element.Delta {
    let argument = try required()
    do {
      return try Element.parseDelta(argument.bytes)
    } catch {
      throw .argument(
        "delta \(argument.quotation) is no number that can be added to \(Element.elementType.name): "
          + "give \(Element.deltaRange)")
    }
  }

  /// Packed elements.
  mutating func packed<Element: MappableElement>(
    as type: Element.Type
  ) throws(CommandError) -> UnsafeRawBufferPointer {
    let blob = try required().bytes
    let size = MemoryLayout<Element>.size
    guard blob.count.isMultiple(of: size) else {
      throw .argument(
        "the blob has \(blob.count) bytes; give a multiple of \(size), the size of \(Element.elementType.name)")
    }
    return blob
  }

  /// Two positions that are a range.
  mutating func positions() throws(CommandError) -> Positions {
    Positions(start: try index(), stop: try index())
  }

  /// One of several words, in any case of letters.
  ///
  /// - Parameters:
  ///   - name: what the error calls it.
  ///   - hint: the words, for the error.
  mutating func choice<Choice>(
    _ name: StaticString, _ choices: [(name: StaticString, choice: Choice)], hint: @autoclosure () -> String
  ) throws(CommandError) -> Choice {
    let argument = try required()
    guard let row = choices.first(where: { argument.matches($0.name) }) else {
      throw .argument("\(name) \(argument.quotation) is unknown; give \(hint())")
    }
    return row.choice
  }

  /// Parses all arguments that are left into memory of the call, so that all are known to be right before anything is
  /// done.
  ///
  /// - Parameters:
  ///   - words: how many arguments one value is made of.
  ///   - parse: takes exactly as many.
  /// - Throws: `.wrongArity` if the last value lacks some, and what `parse` and `body` throw.
  @inline(__always)
  func withParsed<Value: BitwiseCopyable>(
    words: Int, _ parse: (inout Arguments) throws(CommandError) -> Value,
    _ body: (UnsafeMutableBufferPointer<Value>) throws(CommandError) -> Void
  ) throws(CommandError) {
    guard count.isMultiple(of: words) else { throw .wrongArity }
    try withUnsafeTemporaryAllocation(of: Value.self, capacity: count / words) { values throws(CommandError) in
      var rest = self
      // No values need no memory.
      if var value = values.baseAddress {
        while !rest.isEmpty {
          value.initialize(to: try parse(&rest))
          value += 1
        }
      }
      try body(values)
    }
  }
}

extension MappableElement {
  /// What can be added to an element, for errors.
  fileprivate static var deltaRange: String {
    if numberKind == .floatingPoint { return "a finite number, inf, -inf or nan" }
    let greatest = Int128(UInt64.max)
    return "an integer from \(-greatest) to \(greatest)"
  }
}

/// A range as it is asked for: both ends belong to it, negative positions count from the end.
struct Positions {
  fileprivate let start: Int
  fileprivate let stop: Int

  static let all = Positions(start: 0, stop: -1)

  /// The indexes of the range in an array of `count` elements.
  func range(count: Int) -> Range<Int> {
    // A count is not negative, so adding a negative position to it cannot overflow.
    let first = max(0, start < 0 ? count + start : start)
    let last = min(count - 1, stop < 0 ? count + stop : stop)
    return first <= last ? first..<last + 1 : 0..<0
  }
}
