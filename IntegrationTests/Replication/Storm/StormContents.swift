import LiveServer
import MappedArrayClient

/// A command on an array, with what it should reply.
struct StormStep {
  let words: [Argument]
  let text: String
  let expectation: String
  let isMet: (Reply) -> Bool
  let isChange: Bool
}

/// The elements that an array must have, and commands that change them.
protocol StormContents {
  var count: Int { get }
  var packed: [UInt8] { get }
  /// Takes what somebody else has written.
  mutating func take(_ packed: [UInt8])
  /// A command, done to the elements.
  mutating func step(on key: String) -> StormStep
  /// As `VCLEAR` does.
  mutating func clear(_ key: String) -> StormStep
  /// Adds elements, and returns them.
  mutating func grow(by count: Int, using generator: inout SeededGenerator) -> [UInt8]
  /// Whether these are the elements: NaNs are all the same.
  func isSame(_ packed: [UInt8]) -> Bool
}

extension ElementCase {
  func makeContents(seed: UInt64) -> any StormContents { Self.make(model, seed) }

  private static func make<Element: ModelElement>(_: Element.Type, _ seed: UInt64) -> any StormContents {
    TypedContents<Element>(model: ArrayModel(seed: seed), generator: SeededGenerator(seed: seed ^ 0xC0FFEE))
  }
}

private struct TypedContents<Element: ModelElement>: StormContents {
  var model: ArrayModel<Element>
  var generator: SeededGenerator

  var count: Int { model.elements.count }
  var packed: [UInt8] { model.elements.packed }

  mutating func take(_ packed: [UInt8]) { model.elements = [Element](packed: packed) ?? [] }

  func isSame(_ packed: [UInt8]) -> Bool { [Element](packed: packed)?.isSame(as: model.elements) ?? false }

  mutating func grow(by count: Int, using generator: inout SeededGenerator) -> [UInt8] {
    let more = Element.samples(count, using: &generator)
    model.elements += more
    return more.packed
  }

  mutating func step(on key: String) -> StormStep {
    // It must not stay large: all of it is compared again and again.
    if model.elements.count > 6000, generator.next() % 8 == 0 { return clear(key) }
    let before = model.elements
    let step = model.step()
    var words = step.command
    words[1] = Argument(key)
    let text = step.words.enumerated().map { $0.offset == 1 ? key : Self.text(of: $0.element) }.joined(separator: " ")
    return StormStep(
      words: words, text: text, expectation: "\(step.expected)", isMet: step.expected.isMet,
      isChange: !before.isSame(as: model.elements))
  }

  mutating func clear(_ key: String) -> StormStep {
    let count = model.elements.count
    model.elements = []
    return StormStep(
      words: ["VCLEAR", Argument(key)], text: "VCLEAR \(key)", expectation: "\(count)",
      isMet: { $0 == .integer(count) }, isChange: true)
  }

  private static func text(of word: any ArgumentConvertible) -> String {
    if let bytes = word as? [UInt8] { return "<\(bytes.count) bytes>" }
    // An argument does not tell what it is; as it is sent, it does.
    guard word is Argument, let sent = try? Connection.format([word.argument]) else { return "\(word)" }
    return String(decoding: sent, as: UTF8.self).split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
  }
}
