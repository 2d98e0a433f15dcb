import MappedArray
import ServerModule

/// `MMAP.KNN key k L2|IP|COSINE blob [ROWS start stop]`
enum FindNearestRows: ArrayCommand {
  private static let measures: [(name: StaticString, choice: RowMeasure)] = [
    ("L2", .squaredDistance), ("IP", .innerProduct), ("COSINE", .cosine),
  ]

  /// What is searched for at once, in bytes, unless it is a single vector: what one row takes about a millisecond to be
  /// compared with.
  private static let mostQueryBytes = 16 << 20
  private static let mostQueries = 1 << 16

  static var access: CommandDescription.Access { .reading }
  static var needsNumbers: Bool { true }
  static var needsCount: Bool { true }
  static let description = CommandDescription(
    "MMAP.KNN", access: access, since: "1.1.0", summary: "Returns the rows that are nearest to vectors, exactly",
    complexity: "O(N*Q) where N is the number of elements in the rows and Q that of the vectors",
    arguments: [
      .key, .integer("k"), .oneOf("measure", measures.map { .token("\($0.name)".lowercased(), "\($0.name)") }),
      .string("blob"), .block("range", [.token("rows", "ROWS"), .integer("start"), .integer("stop")], .optional),
    ],
    function: { serve(FindNearestRows.self, $0, $1, $2) })

  static func run<Element: MappableElement>(
    _ call: Call, on array: TypedArray<Element>, with services: Services
  ) throws(CommandError) {
    var arguments = call.arguments
    let (limit, measure) = (try arguments.natural("k"), try measure(&arguments))
    let blob = try arguments.required().bytes
    let range = try rows(&arguments).range(count: array.elements.rowCount)
    let columns = array.elements.rowSize
    guard columns > 0 else { throw .argument("rows of no elements have no distances") }
    // Of an array without rows these can be larger than any file.
    let (rowBytes, overflow) = columns.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow else { throw .argument("rows of \(columns) elements are more than a blob can have") }
    guard !blob.isEmpty, blob.count.isMultiple(of: rowBytes) else {
      throw .argument(
        "the blob has \(blob.count) bytes; give one or more rows of \(rowBytes), which are \(columns) \(Element.elementType.name)"
      )
    }
    guard blob.count == rowBytes || blob.count <= mostQueryBytes else {
      throw .argument("the blob has \(blob.count) bytes; at most \(mostQueryBytes) are searched for at once")
    }
    let queryCount = blob.count / rowBytes
    guard queryCount <= mostQueries else {
      throw .argument("the blob has \(queryCount) rows; at most \(mostQueries) are searched for at once")
    }
    let count = min(limit, range.count)
    let bytes = try services.replyBytes(
      of: count, each: queryCount * Searching<Element>.resultBytes,
      instead: "give a lower k, or search for fewer vectors at once")
    guard let queries = RowQueries(blob, columns: columns, of: Element.elementType) else {
      throw .argument("\(Element.elementType.name) have no distances; give an array of numbers")
    }
    let nearest = NearestRows(queries, measure, limit: count)
    let elements = range.lowerBound * columns..<range.upperBound * columns
    try services.perform(
      Searching<Element>(nearest, of: array, resultBytes: bytes, with: services), over: elements,
      of: array, for: call)
  }

  static func runWithoutKey(_ call: Call) throws(CommandError) {
    var arguments = call.arguments
    _ = (try arguments.natural("k"), try measure(&arguments), try arguments.required(), try rows(&arguments))
    call.reply.array(count: 0)
  }

  private static func measure(_ arguments: inout Arguments) throws(CommandError) -> RowMeasure {
    try arguments.choice("measure", measures, hint: measures.map { "\($0.name)" }.joined(separator: ", "))
  }

  private static func rows(_ arguments: inout Arguments) throws(CommandError) -> Positions {
    guard !arguments.isEmpty else { return .all }
    guard arguments.count == 3 else { throw .wrongArity }
    guard arguments.take("ROWS") else {
      throw .argument(
        "\(try arguments.required().quotation) is not understood here: give ROWS and two positions, or nothing")
    }
    return try arguments.positions()
  }
}
