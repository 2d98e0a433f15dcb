import MappedArrayClient
import Testing

/// Thousands of random commands do to an array what they do to a plain array of Swift.
struct PropertyTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  @Test("random commands", arguments: ElementCase.all + ElementCase.strings, Format.allCases)
  func randomCommands(type: ElementCase, format: Format) throws {
    try server.send(["MMAP", "a", "file"] + format.words(type))
    try play(type.model, seed: 20_25, type, format)
  }

  private func play<Element: ModelElement>(
    _: Element.Type, seed: UInt64, _ type: ElementCase, _ format: Format
  ) throws {
    var model = ArrayModel<Element>(seed: seed)
    for round in 0..<8 {
      let steps = (0..<400).map { $0 % 4 == 0 ? model.query() : model.step() }
      let replies = try server.connection.pipeline { for step in steps { $0.send(step.command) } }
      for (number, (step, reply)) in zip(steps, replies).enumerated() where !step.expected.isMet(by: reply) {
        Issue.record("seed \(seed), step \(round * 400 + number): \(step.words): \(reply), not \(step.expected)")
        return
      }
      // What is mapped anew must be what it was.
      if round % 4 == 3 { try mapAgain(model, type, format) }
    }
  }

  private func mapAgain<Element: ModelElement>(
    _ model: ArrayModel<Element>, _ type: ElementCase, _ format: Format
  ) throws {
    try server("DEL", "a")
    let bytes = try server.bytes("file")
    #expect(bytes.count == format.size(type, model.elements.count))
    let held = try #require([Element](packed: Array(bytes.dropFirst(format.size(type, 0)))))
    #expect(held.isSame(as: model.elements))
    try server.send(["MMAP", "a", "file"] + format.words(type))
    #expect(try server("VCOUNT", "a") == .integer(model.elements.count))
  }
}
