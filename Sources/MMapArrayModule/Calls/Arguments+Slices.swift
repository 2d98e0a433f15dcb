import DecimalText
import MappedArray
import ServerModule

extension Arguments {
  /// All that are left as selections along the first dimensions: `start:stop:step`, each of them optional, or an index.
  mutating func selections() throws(CommandError) -> [AxisSelection] {
    var selections: [AxisSelection] = []
    repeat { selections.append(try selection()) } while !isEmpty
    return selections
  }

  private mutating func selection() throws(CommandError) -> AxisSelection {
    let word = try required()
    let parts = word.bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count <= 3 else { throw word.notUnderstood }
    var numbers: [Int?] = []
    for part in parts { numbers.append(try part.isEmpty ? nil : word.number(part)) }
    if parts.count == 1 {
      guard let index = numbers[0] else { throw word.notUnderstood }
      return .index(index)
    }
    let step = (numbers.count > 2 ? numbers[2] : nil) ?? 1
    guard step != 0 else { throw .argument("slice \(word.quotation) has the step 0; give another one") }
    return .slice(start: numbers[0], stop: numbers[1], step: step)
  }
}

extension Argument {
  fileprivate func number(_ part: Slice<UnsafeRawBufferPointer>) throws(CommandError) -> Int {
    do {
      return Int(try NumberParser.index(UnsafeRawBufferPointer(rebasing: part)))
    } catch {
      throw notUnderstood
    }
  }

  fileprivate var notUnderstood: CommandError {
    .argument(
      "slice \(quotation) is not understood; give start:stop:step of integers of 64 bits, each of them optional, or one index"
    )
  }
}
