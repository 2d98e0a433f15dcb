// The kernels of one set of instructions. SET is its name. HAS_F16C says whether it converts f16, HAS_FMA whether it multiplies
// and adds in one.

#include "row_kernel.h"

// A fused multiplication and addition would round once where another set rounds twice.
#pragma STDC FP_CONTRACT OFF
// Vectors are arguments of functions that are always inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define INLINE static inline __attribute__((always_inline))
/// A name that several functions have, which their arguments tell apart.
#define OVERLOADED INLINE __attribute__((overloadable))

// What is computed with: their number is the same for each set, so that sums are made in the same order.
typedef float f32x16 __attribute__((vector_size(64)));
typedef double f64x8 __attribute__((vector_size(64)));
typedef int16_t i16x32 __attribute__((vector_size(64)));

typedef float f32x8 __attribute__((vector_size(32)));
typedef double f64x4 __attribute__((vector_size(32)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef int32_t i32x32 __attribute__((vector_size(128)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));

// MARK: Sums of lanes

OVERLOADED f32x16 multiply(f32x16 a, f32x16 b) { return a * b; }
OVERLOADED f64x8 multiply(f64x8 a, f64x8 b) { return a * b; }
// Products of neighbours, added: one instruction.
OVERLOADED i32x16 multiply(i16x32 a, i16x32 b) {
  i32x32 products = __builtin_convertvector(a, i32x32) * __builtin_convertvector(b, i32x32);
  return __builtin_shufflevector(
           products, products, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
         __builtin_shufflevector(
           products, products, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

/// Adds products that f32 holds exactly, as it does those of f16: fused or not, only the sum is rounded.
INLINE f32x16 add_exact_products(f32x16 sum, f32x16 a, f32x16 b) {
#if HAS_FMA
  return __builtin_elementwise_fma(a, b, sum);
#else
  return sum + a * b;
#endif
}

#define LOWER_4(lanes) __builtin_shufflevector(lanes, lanes, 0, 1, 2, 3)
#define UPPER_4(lanes) __builtin_shufflevector(lanes, lanes, 4, 5, 6, 7)
#define LOWER_8(lanes) __builtin_shufflevector(lanes, lanes, 0, 1, 2, 3, 4, 5, 6, 7)
#define UPPER_8(lanes) __builtin_shufflevector(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15)

// Lanes are folded in halves.
OVERLOADED f64x4 fold(f32x16 lanes) {
  f32x8 eight = LOWER_8(lanes) + UPPER_8(lanes);
  return __builtin_convertvector(LOWER_4(eight) + UPPER_4(eight), f64x4);
}
OVERLOADED f64x4 fold(f64x8 lanes) { return LOWER_4(lanes) + UPPER_4(lanes); }
OVERLOADED f64x4 fold(i32x16 lanes) {
  i32x8 eight = LOWER_8(lanes) + UPPER_8(lanes);
  return __builtin_convertvector(LOWER_4(eight) + UPPER_4(eight), f64x4);
}

/// The sum of each of four vectors' lanes: they change places, so that one addition does it for all.
INLINE f64x4 totals(const f64x4 vectors[4]) {
  f64x4 a = vectors[0], b = vectors[1], c = vectors[2], d = vectors[3];
  f64x4 ab = __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
  f64x4 cd = __builtin_shufflevector(c, d, 0, 4, 2, 6) + __builtin_shufflevector(c, d, 1, 5, 3, 7);
  return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

INLINE void store(f64x4 values, size_t count, double *destination) {
  if (count == 4) memcpy(destination, &values, sizeof values);
  else for (size_t index = 0; index < count; index++) destination[index] = values[index];
}

// MARK: f16 as f32

#if HAS_F16C
typedef _Float16 f16x16 __attribute__((vector_size(32)));
INLINE f32x16 widened(u16x16 halves) { return __builtin_convertvector((f16x16)halves, f32x16); }
#else
INLINE f32x16 widened(u16x16 halves) {
  u32x16 half = __builtin_convertvector(halves, u32x16);
  u32x16 magnitude = (half & 0x7FFF) << 13;
  // The exponent's bias is another; a small number gets a leading one by that.
  f32x16 scaled = (f32x16)magnitude * 0x1p112f;
  u32x16 is_special = (u32x16)((half & 0x7C00) == 0x7C00);
  u32x16 bits = ((u32x16)scaled & ~is_special) | ((magnitude | 0x7F800000) & is_special);
  return (f32x16)(bits | (half & 0x8000) << 16);
}
#endif

// MARK: Types

// row_type.h makes kernels of each TYPE, whose ELEMENT is what a file holds. They compute with LANES, which are TO_LANES of
// as many elements, add up in SUMS, and put these together after a BLOCK of columns.

#define LANES f32x16
#define SUMS f32x16
// 16 additions in each lane.
#define BLOCK 256

#define TYPE f16
#define ELEMENT uint16_t
#define TO_LANES widened
#define ADD_PRODUCTS add_exact_products
#include "row_type.h"

#define TYPE f32
#define ELEMENT float
#include "row_type.h"

#undef LANES
#undef SUMS
#undef BLOCK

#define LANES f64x8
#define SUMS f64x8
#define BLOCK SIZE_MAX

#define TYPE f64
#define ELEMENT double
#include "row_type.h"

#define TYPE i16
#define ELEMENT int16_t
#include "row_type.h"

#define TYPE u16
#define ELEMENT uint16_t
#include "row_type.h"

#define TYPE i32
#define ELEMENT int32_t
#include "row_type.h"

#define TYPE u32
#define ELEMENT uint32_t
#include "row_type.h"

#define TYPE i64
#define ELEMENT int64_t
#include "row_type.h"

#define TYPE u64
#define ELEMENT uint64_t
#include "row_type.h"

#undef LANES
#undef SUMS
#undef BLOCK

#define LANES i16x32
#define SUMS i32x16
// So many squares of 255 are less than 2^31.
#define BLOCK 32768

#define TYPE i8
#define ELEMENT int8_t
#include "row_type.h"

#define TYPE u8
#define ELEMENT uint8_t
#include "row_type.h"

// Every byte but 0 is 1.
#define TYPE boolean
#define ELEMENT uint8_t
#define TO_LANES(packed) __builtin_convertvector(__builtin_elementwise_min(packed, 0 * packed + row_kernel_one), LANES)
#include "row_type.h"

#undef LANES
#undef SUMS
#undef BLOCK

// MARK: What f32 cannot hold

/// The score of one row in f64.
INLINE double exact(
  row_measure measure, const unsigned char *row, size_t element_size, size_t columns, const unsigned char *query,
  f32x16 load(const unsigned char *bytes), f32x16 load_some(const unsigned char *bytes, size_t count)) {
  f64x8 differences = {0}, products = {0}, norms = {0}, query_norms = {0};
  for (size_t column = 0; column < columns; column += 16) {
    const unsigned char *elements = row + column * element_size;
    f32x16 x = columns - column < 16 ? load_some(elements, columns - column) : load(elements);
    f32x16 y = load_f32(query + column * sizeof(float));
    f64x8 row_halves[] = {__builtin_convertvector(LOWER_8(x), f64x8), __builtin_convertvector(UPPER_8(x), f64x8)};
    f64x8 query_halves[] = {__builtin_convertvector(LOWER_8(y), f64x8), __builtin_convertvector(UPPER_8(y), f64x8)};
    for (int half = 0; half < 2; half++) {
      f64x8 difference = row_halves[half] - query_halves[half];
      differences += difference * difference;
      products += row_halves[half] * query_halves[half];
      norms += row_halves[half] * row_halves[half];
      query_norms += query_halves[half] * query_halves[half];
    }
  }
  f64x4 sums = totals((f64x4[]){fold(differences), fold(products), fold(norms), fold(query_norms)});
  double distance = sums[0], product = sums[1], norm = sums[2], query_norm = sums[3];
  if (measure == row_measure_squared_distance) return distance;
  if (measure == row_measure_inner_product || norm == 0 || query_norm == 0) return product;
  return product / (sqrt(norm) * sqrt(query_norm));
}

static double exact_f16(row_measure measure, const unsigned char *row, size_t columns, const unsigned char *query) {
  return exact(measure, row, 2, columns, query, load_f16, load_some_f16);
}

static double exact_f32(row_measure measure, const unsigned char *row, size_t columns, const unsigned char *query) {
  return exact(measure, row, 4, columns, query, load_f32, load_some_f32);
}

#define KERNEL(type, element, prepared, exact)                                                                   \
  .type = {sizeof(element), sizeof(prepared), prepare_##type, distances_##type, products_##type,                 \
           products_and_norms_##type, group_distances_##type, group_products_##type, exact}

const row_set PASTE(row_set, SET) = {
  .bytes = {
    KERNEL(i8, int8_t, int16_t, NULL),
    KERNEL(u8, uint8_t, int16_t, NULL),
    KERNEL(boolean, uint8_t, int16_t, NULL),
  },
  KERNEL(i16, int16_t, double, NULL),
  KERNEL(u16, uint16_t, double, NULL),
  KERNEL(i32, int32_t, double, NULL),
  KERNEL(u32, uint32_t, double, NULL),
  KERNEL(i64, int64_t, double, NULL),
  KERNEL(u64, uint64_t, double, NULL),
  KERNEL(f16, uint16_t, float, exact_f16),
  KERNEL(f32, float, float, exact_f32),
  KERNEL(f64, double, double, NULL),
};
