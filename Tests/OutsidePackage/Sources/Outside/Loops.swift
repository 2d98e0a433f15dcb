import MappedArray

// The same loops over arrays in memory and over files. `Scripts/loops` compares what they are compiled to, by these names.

// MARK: - One after the other

@inline(never)
func sumOfArray(_ elements: [Float]) -> Float {
  var sum: Float = 0
  for index in elements.indices { sum += elements[index] }
  return sum
}

@inline(never)
func sumOfBuffer(_ elements: UnsafeBufferPointer<Float>) -> Float {
  var sum: Float = 0
  for index in elements.indices { sum += elements[index] }
  return sum
}

@inline(never)
func sumOfSpan(_ array: borrowing MappedArray<Float>) throws -> Float {
  var sum: Float = 0
  let elements = try array.span
  for index in elements.indices { sum += elements[index] }
  return sum
}

@inline(never)
func sumOfRange(_ array: borrowing MappedArray<Float>, _ range: Range<Int>) throws -> Float {
  var sum: Float = 0
  let elements = try array[range]
  for index in elements.indices { sum += elements[index] }
  return sum
}

@inline(never)
func sumOfRows(_ array: borrowing MappedArray<Float>) throws -> Float {
  var sum: Float = 0
  let rows = try array.rows
  for row in rows.indices {
    let elements = rows[row]
    for index in elements.indices { sum += elements[index] }
  }
  return sum
}

@inline(never)
func sumOfSubscripts(_ array: borrowing MappedArray<Float>) -> Float {
  var sum: Float = 0
  for index in array.indices { sum += array[index] }
  return sum
}

@inline(never)
func sumOfShared(_ array: SharedMappedArray<Float>) -> Float {
  var sum: Float = 0
  for element in array { sum += element }
  return sum
}

/// No such loop: each element costs a call. What compares loops has to see that.
@inline(never)
func sumOfCalls(_ array: inout MappedArray<Float>) throws -> Float {
  var sum: Float = 0
  for index in array.indices { sum += try array.element(at: index) ?? 0 }
  return sum
}

// MARK: - Several at once

@inline(never)
func totalOfArray(_ elements: [Int32]) -> Int32 {
  var total: Int32 = 0
  for index in elements.indices { total &+= elements[index] }
  return total
}

@inline(never)
func totalOfSpan(_ array: borrowing MappedArray<Int32>) throws -> Int32 {
  var total: Int32 = 0
  let elements = try array.span
  for index in elements.indices { total &+= elements[index] }
  return total
}

@inline(never)
func totalOfSubscripts(_ array: borrowing MappedArray<Int32>) -> Int32 {
  var total: Int32 = 0
  for index in array.indices { total &+= array[index] }
  return total
}

// MARK: - Stores

@inline(never)
func fillBuffer(_ elements: UnsafeMutableBufferPointer<Float>, _ value: Float) {
  for index in elements.indices { elements[index] = value }
}

@inline(never)
func fillArray(_ elements: inout [Float], _ value: Float) {
  for index in elements.indices { elements[index] = value }
}

@inline(never)
func fillSpan(_ array: inout MappedArray<Float>, _ value: Float) throws {
  var elements = try array.mutableSpan()
  for index in elements.indices { elements[index] = value }
}

@inline(never)
func fillSubscripts(_ array: inout MappedArray<Float>, _ value: Float) {
  for index in array.indices { array[index] = value }
}

// MARK: - At random

@inline(never)
func pickFromArray(_ elements: [Float], _ indexes: [Int]) -> Float {
  var sum: Float = 0
  for index in indexes { sum += elements[index] }
  return sum
}

@inline(never)
func pickFromArraySpan(_ array: [Float], _ indexes: [Int]) -> Float {
  var sum: Float = 0
  let elements = array.span
  for index in indexes { sum += elements[index] }
  return sum
}

@inline(never)
func pickFromSpan(_ array: borrowing MappedArray<Float>, _ indexes: [Int]) throws -> Float {
  var sum: Float = 0
  let elements = try array.span
  for index in indexes { sum += elements[index] }
  return sum
}

@inline(never)
func pickFromSubscripts(_ array: borrowing MappedArray<Float>, _ indexes: [Int]) -> Float {
  var sum: Float = 0
  for index in indexes { sum += array[index] }
  return sum
}

@inline(never)
func pickFromShared(_ array: SharedMappedArray<Float>, _ indexes: [Int]) -> Float {
  var sum: Float = 0
  for index in indexes { sum += array[index] }
  return sum
}
