/// How many elements an array has: the product of its dimensions.
///
/// - Returns: nil if that is the shape of no array: a dimension is negative, or the product is more than an `Int` holds,
///   where a dimension of nothing counts as one, so that it does not depend on the order of the dimensions.
package func elementCount(shape: some Sequence<Int>) -> Int? {
  var product = 1
  var isEmpty = false
  for dimension in shape {
    let (next, overflow) = product.multipliedReportingOverflow(by: max(dimension, 1))
    guard !overflow, dimension >= 0 else { return nil }
    product = next
    if dimension == 0 { isEmpty = true }
  }
  return isEmpty ? 0 : product
}
