// Not generic, and loaded as vectors: of anything else the compiler makes comparisons and selections, where these loops are
// `minpd`, `maxpd` and `cmpunordpd` (looked up in the machine code of `swift build -c release`).

/// The least and the greatest of the doubles from `base` on, NaN if there is one; infinite in the wrong direction if there
/// are none.
@inline(never)
func doubleExtremes(_ base: UnsafeRawPointer, count: Int) -> (minimum: Double, maximum: Double) {
  var least = SIMD8(repeating: Double.infinity)
  var greatest = SIMD8(repeating: -Double.infinity)
  var unordered = SIMDMask<SIMD8<Int64>>(repeating: false)
  var index = 0
  while index &+ 8 <= count {
    let elements = base.loadUnaligned(fromByteOffset: index &* 8, as: SIMD8<Double>.self)
    least.replace(with: elements, where: elements .< least)
    greatest.replace(with: elements, where: elements .> greatest)
    unordered .|= elements .!= elements
    index &+= 8
  }
  var hasNaN = any(unordered)
  var (minimum, maximum) = (least.min(), greatest.max())
  while index < count {
    let element = base.loadUnaligned(fromByteOffset: index &* 8, as: Double.self)
    minimum = element < minimum ? element : minimum
    maximum = element > maximum ? element : maximum
    hasNaN = hasNaN || element.isNaN
    index &+= 1
  }
  return hasNaN ? (.nan, .nan) : (minimum, maximum)
}

/// The same of floats of 32 bits.
@inline(never)
func floatExtremes(_ base: UnsafeRawPointer, count: Int) -> (minimum: Float, maximum: Float) {
  var least = SIMD16(repeating: Float.infinity)
  var greatest = SIMD16(repeating: -Float.infinity)
  var unordered = SIMDMask<SIMD16<Int32>>(repeating: false)
  var index = 0
  while index &+ 16 <= count {
    let elements = base.loadUnaligned(fromByteOffset: index &* 4, as: SIMD16<Float>.self)
    least.replace(with: elements, where: elements .< least)
    greatest.replace(with: elements, where: elements .> greatest)
    unordered .|= elements .!= elements
    index &+= 16
  }
  var hasNaN = any(unordered)
  var (minimum, maximum) = (least.min(), greatest.max())
  while index < count {
    let element = base.loadUnaligned(fromByteOffset: index &* 4, as: Float.self)
    minimum = element < minimum ? element : minimum
    maximum = element > maximum ? element : maximum
    hasNaN = hasNaN || element.isNaN
    index &+= 1
  }
  return hasNaN ? (.nan, .nan) : (minimum, maximum)
}
