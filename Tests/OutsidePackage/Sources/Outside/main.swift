import MappedArray

/// What did not come out as it should have.
struct Wrong: Error {
  let what: String
}

func expect<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
  guard found == expected else { throw Wrong(what: "\(what): \(found) instead of \(expected)") }
}

/// Whatever the program on the library's page does, and each loop, with the same elements in memory and in a file.
func run(in directory: FilePath) throws {
  let values = (0..<999).map { Float($0 * 7 % 101) }
  let indexes = (0..<500).map { $0 * 31 % 999 }
  let sum = sumOfArray(values)
  try expect(values.withUnsafeBufferPointer { sumOfBuffer($0) }, sum, "sumOfBuffer")

  let path = directory.appending("values.npy")
  var array = try MappedArray<Float>(creating: path, shape: [0, 3])
  try array.append(contentsOf: values)
  try expect(array.shape, [333, 3], "shape")
  try expect(sumOfSpan(array), sum, "sumOfSpan")
  try expect(sumOfRange(array, 0..<999), sum, "sumOfRange")
  try expect(sumOfRows(array), sum, "sumOfRows")
  try expect(sumOfSubscripts(array), sum, "sumOfSubscripts")
  try expect(sumOfCalls(&array), sum, "sumOfCalls")
  try expect(pickFromSpan(array, indexes), pickFromArray(values, indexes), "pickFromSpan")
  try expect(pickFromSubscripts(array, indexes), pickFromArraySpan(values, indexes), "pickFromSubscripts")

  var filled = values
  fillArray(&filled, 2)
  try fillSpan(&array, 2)
  try expect(array.elements(in: 0..<999), filled, "fillSpan")
  filled.withUnsafeMutableBufferPointer { fillBuffer($0, 3) }
  fillSubscripts(&array, 3)
  try expect(array.elements(in: 0..<999), filled, "fillSubscripts")

  let shared = array.shared()
  try expect(sumOfShared(shared), sumOfArray(filled), "sumOfShared")
  try expect(pickFromShared(shared, indexes), pickFromArray(filled, indexes), "pickFromShared")

  let numbers = Array(0..<1000 as Range<Int32>)
  var integers = try MappedArray<Int32>(creatingRaw: directory.appending("numbers.i32"))
  try integers.append(contentsOf: numbers)
  try expect(totalOfSpan(integers), totalOfArray(numbers), "totalOfSpan")
  try expect(totalOfSubscripts(integers), totalOfArray(numbers), "totalOfSubscripts")

  try expect(
    error { () throws(MappedArrayError) in _ = try MappedArray<Double>(path) }, .type(recorded: .f32, requested: .f64),
    "another type")
  guard case .system(let failure, _) = error({ () throws(MappedArrayError) in _ = try MappedFile("missing.npy") })
  else {
    throw Wrong(what: "a missing file")
  }
  try expect(failure.errno, Errno.noSuchFileOrDirectory, "a missing file")
}

func error(_ body: () throws(MappedArrayError) -> Void) -> MappedArrayError? {
  do {
    try body()
    return nil
  } catch {
    return error
  }
}

try run(in: FilePath(CommandLine.arguments[1]))
print("all as in memory")
