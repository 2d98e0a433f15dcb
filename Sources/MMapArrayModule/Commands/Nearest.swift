import MappedArray
import ModuleWork
import ServerModule

/// `MMAP.KNN key k L2|IP|COSINE blob [ROWS start stop]`
enum FindNearestRows: ArrayCommand {
  private static let measures: [(name: StaticString, choice: RowMeasure)] = [
    ("L2", .squaredDistance), ("IP", .innerProduct), ("COSINE", .cosine),
  ]

  /// What is searched for at once, in bytes, unless it is a single vector: what one row takes about a millisecond to be
  /// compared with.
  private static let mostQueryBytes = 16 << 20
  /// What a row and its score have in a reply, and in memory until then, in bytes.
  private static let resultBytes = 64

  static var access: CommandDescription.Access { .reading }
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
    let count = min(limit, range.count)
    try checkReplySize(count * (blob.count / rowBytes), resultBytes)
    guard let queries = RowQueries(blob, columns: columns, of: Element.elementType) else {
      throw .argument("\(Element.elementType.name) have no distances; give an array of numbers")
    }
    try services.perform(
      Searching<Element>(NearestRows(queries, measure, limit: count), queryCount: queries.count, in: range), on: array,
      for: call)
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

private struct Searching<Element: MappableElement>: SlicedWork {
  private var nearest: NearestRows
  private let queryCount: Int
  private var rest: Range<Int>
  private let sliceCount: Int

  init(_ nearest: NearestRows, queryCount: Int, in rows: Range<Int>) {
    self.nearest = nearest
    self.queryCount = queryCount
    rest = rows
    let rowBytes = nearest.columns * MemoryLayout<Element>.stride
    sliceCount = max(1, SliceSize.bytes / rowBytes / queryCount)
  }

  mutating func advance(_ array: TypedArray<Element>) throws(CommandError) -> Bool {
    let (slice, columns) = (rest.prefix(sliceCount), nearest.columns)
    // Rows that are gone by now are not found; the array has others then if it has been mapped anew.
    if array.elements.rowSize == columns {
      array.elements.withElements(in: slice.lowerBound * columns..<slice.upperBound * columns) { elements in
        nearest.consume(
          elements.base, count: elements.count / columns, rowBytes: columns * MemoryLayout<Element>.stride,
          firstRow: slice.lowerBound)
      }
    }
    try onArray(array.elements.checkFault())
    rest = slice.upperBound..<rest.upperBound
    return !rest.isEmpty
  }

  func reply(to call: Call) {
    let answers = nearest.finish()
    if queryCount != 1 { call.reply.array(count: queryCount) }
    for rows in answers { call.reply.rows(rows) }
  }
}

extension Reply {
  /// Rows and their scores, as `ZRANGE … WITHSCORES`: flat in RESP2, pairs in RESP3.
  fileprivate func rows(_ rows: [NearRow]) {
    let hasPairs = isRESP3
    array(count: hasPairs ? rows.count : 2 * rows.count)
    withElements(of: Double.self) { reply in
      for row in rows {
        if hasPairs { array(count: 2) }
        integer(row.row)
        reply(row.score)
      }
    }
  }
}
