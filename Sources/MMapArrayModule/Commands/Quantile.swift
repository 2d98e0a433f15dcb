import DecimalText
import MappedArray
import ServerModule

/// `MMAP.QUANTILE key start stop q [q …]`
enum ComputeQuantiles: ArrayCommand {
  static var access: CommandDescription.Access { .reading }
  static var needsNumbers: Bool { true }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.QUANTILE", access: access, since: "1.1.0",
    summary: "Computes quantiles of a range, exactly, as numpy.quantile",
    complexity: "O(N+M) where N is the number of elements in the range, in up to 4 passes, and M that of quantiles",
    arguments: [.key, .integer("start"), .integer("stop"), .number("q", .multiple)],
    function: { serve(ComputeQuantiles.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let range = try arguments.positions().range(count: array.elements.count)
    let parts = try parts(&arguments)
    let computation = Quantiles<Element>(parts, count: range.count)
    let resultBytes =
      Element.numberKind == .floatingPoint ? ReplySize.most(of: Element.self) : ReplySize.most(of: Double.self)
    let memory = try services.reserve(
      for: computation, replyBytes: ReplySize.array(parts.count) + parts.count * resultBytes,
      instead: "give fewer q", call)
    try services.perform(
      ComputingQuantiles(computation: computation, memory: memory), over: range, of: array, for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = try arguments.positions()
    let computation = Quantiles<Double>(try parts(&arguments), count: 0)
    ComputingQuantiles(computation: computation, memory: nil).writeAll(to: call.reply)
  }

  private static func parts(_ arguments: inout Arguments) throws(CommandError) -> [Double] {
    var parts: [Double] = []
    while let argument = arguments.next() {
      guard let part = try? NumberParser.double(argument.bytes), part >= 0, part <= 1 else {
        throw .argument(
          "q \(argument.quotation) is no part of a range: give a number from 0 to 1, as 0.5 for the median")
      }
      parts.append(part)
    }
    return parts
  }
}

private struct ComputingQuantiles<Element: MappableElement>: ComputingWork {
  var computation: Quantiles<Element>
  let memory: ReservedMemory?

  var replyCount: Int { 1 }

  func write(_ part: Int, to reply: Reply, isRESP3: Bool) {
    let results = computation.finish()
    reply.array(count: results.count)
    for result in results {
      switch result {
      case .element(let element): reply.withElements(of: Element.self, isRESP3: isRESP3) { $0(element) }
      case .double(let double): reply.withElements(of: Double.self, isRESP3: isRESP3) { $0(double) }
      }
    }
  }
}
