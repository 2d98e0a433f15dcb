import CRowKernels

extension RowMeasure {
  fileprivate var code: row_measure {
    switch self {
    case .squaredDistance: row_measure_squared_distance
    case .innerProduct: row_measure_inner_product
    case .cosine: row_measure_cosine
    }
  }

  /// From a score to what is less the nearer it is.
  func distance(_ score: Double) -> Double { self == .squaredDistance ? score : -score }
}

/// Vectors that rows are compared with, prepared for the kernels. See CRowKernels.h for how exact these are.
// Sendable: not changed once it is there.
package final class RowQueries: @unchecked Sendable {
  package let count: Int
  /// Elements in a row.
  package let columns: Int
  private let kernel: OpaquePointer
  private let memory: UnsafeMutableRawPointer

  /// - Parameters:
  ///   - packed: one or more rows of packed elements.
  ///   - columns: how many elements are a row; at least one.
  ///   - set: which instructions; see `row_kernel_find`.
  /// - Returns: nil if rows of that type cannot be compared, or not with these instructions.
  package init?(
    _ packed: UnsafeRawBufferPointer, columns: Int, of elementType: ElementType, set: Int32 = -1
  ) {
    let elementSize = elementType.size
    guard let kind = elementType.numpyCode.utf8.first, let base = packed.baseAddress,
      let kernel = row_kernel_find(CChar(bitPattern: kind), elementSize, set)
    else { return nil }
    self.kernel = kernel
    self.columns = columns
    let rowSize = columns * elementSize
    count = packed.count / rowSize
    let size = row_kernel_query_size(kernel, columns)
    memory = .allocate(byteCount: count * size, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: count * size)
    for number in 0..<count { row_kernel_prepare(kernel, base + number * rowSize, columns, memory + number * size) }
  }

  deinit { memory.deallocate() }

  /// Scores rows: that of row *r* for query *q* goes to `scores[q * rowCount + r]`, NaN where it is no number.
  func score(
    _ measure: RowMeasure, _ rows: UnsafeRawPointer, count rowCount: Int, to scores: UnsafeMutablePointer<Double>
  ) {
    row_kernel_score(kernel, measure.code, rows, rowCount, columns, memory, count, scores)
  }
}
