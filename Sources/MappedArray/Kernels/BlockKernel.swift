import CBlockKernels

/// An element of a block, and where it is there.
@_documentation(visibility: internal)
public struct LocatedElement<Element: AggregatableElement>: Sendable {
  public let value: Element
  public let index: Int
}

@_documentation(visibility: internal)
extension AggregatableElement {
  /// Strings have no kernels in C.
  public static var kernelCode: UInt8? { nil }

  /// The kernels for blocks, with the best instructions that the processor has. O(1).
  @inline(__always)
  static var blockKernel: block_kernel? {
    guard let kernelCode else { return nil }
    return block_kernel_find(CChar(bitPattern: kernelCode), MemoryLayout<Self>.size, -1)?.pointee
  }

  /// The sum of a block as a double: pairwise down to runs of 128 elements, and these in eight lanes.
  static func pairwiseSum(of block: ElementView<Self>) -> Double {
    blockKernel?.pairwise_sum(block.base, block.count) ?? .nan
  }

  /// The sum of the squared distances from `mean` in a block, added up in the same way.
  public static func squaredDeviations(of block: ElementView<Self>, from mean: Double) -> Double {
    blockKernel?.squared_deviations(block.base, block.count, mean) ?? .nan
  }
}

@_documentation(visibility: internal)
extension AggregatableElement where Key: SIMDScalar {
  /// The least or greatest element of a block, and where it is first; nil if the block is empty.
  public static func extreme(_ extreme: Extreme, of block: ElementView<Self>) -> LocatedElement<Self>? {
    guard block.count > 0, let kernel = blockKernel else { return nil }
    var found = block_extreme()
    switch extreme {
    case .minimum: kernel.extremes(block.base, block.count, &found, nil)
    case .maximum: kernel.extremes(block.base, block.count, nil, &found)
    }
    return located(found)
  }

  /// Both of a block that has an element, read once.
  public static func extremes(
    of block: ElementView<Self>
  ) -> (minimum: LocatedElement<Self>, maximum: LocatedElement<Self>) {
    var (least, greatest) = (block_extreme(), block_extreme())
    blockKernel?.extremes(block.base, block.count, &least, &greatest)
    return (located(least), located(greatest))
  }

  @inline(__always)
  private static func located(_ extreme: block_extreme) -> LocatedElement<Self> {
    let key = withUnsafeBytes(of: extreme.key) { $0.loadUnaligned(as: Key.self) }
    return LocatedElement(value: Self(key: key), index: extreme.index)
  }
}
