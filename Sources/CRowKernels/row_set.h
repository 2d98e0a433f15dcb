// The kernels of one set of instructions. SET is its name, and HAS_F16C says whether it converts f16.

#include "row_kernel.h"

// A fused multiplication and addition would round once where another set rounds twice.
#pragma STDC FP_CONTRACT OFF
// Vectors are arguments of functions that are always inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define PASTE(a, b) a##_##b
#define NAMED(set, name) PASTE(name, set)
#define NAME(name) NAMED(SET, name)
#define INLINE static inline __attribute__((always_inline))

typedef float f32x16 __attribute__((vector_size(64)));
typedef double f64x8 __attribute__((vector_size(64)));
typedef int16_t i16x32 __attribute__((vector_size(64)));
typedef int32_t i32x32 __attribute__((vector_size(128)));
typedef int32_t i32x16 __attribute__((vector_size(64)));

// MARK: Packed elements as lanes

#define LOAD(type, element, lanes, lane_count, conversion)                                   \
  typedef element NAME(PASTE(type, raw)) __attribute__((vector_size(lane_count * sizeof(element)))); \
  INLINE lanes NAME(PASTE(load, type))(const unsigned char *bytes) {                         \
    NAME(PASTE(type, raw)) raw;                                                              \
    memcpy(&raw, bytes, sizeof raw);                                                         \
    return conversion;                                                                       \
  }                                                                                          \
  INLINE lanes NAME(PASTE(load_some, type))(const unsigned char *bytes, size_t count) {      \
    unsigned char padded[lane_count * sizeof(element)] = {0};                                \
    memcpy(padded, bytes, count * sizeof(element));                                          \
    return NAME(PASTE(load, type))(padded);                                                  \
  }

LOAD(f32, float, f32x16, 16, raw)
LOAD(f64, double, f64x8, 8, raw)
LOAD(i16, int16_t, f64x8, 8, __builtin_convertvector(raw, f64x8))
LOAD(u16, uint16_t, f64x8, 8, __builtin_convertvector(raw, f64x8))
LOAD(i32, int32_t, f64x8, 8, __builtin_convertvector(raw, f64x8))
LOAD(u32, uint32_t, f64x8, 8, __builtin_convertvector(raw, f64x8))
LOAD(i64, int64_t, f64x8, 8, __builtin_convertvector(raw, f64x8))
LOAD(u64, uint64_t, f64x8, 8, __builtin_convertvector(raw, f64x8))
LOAD(i8, int8_t, i16x32, 32, __builtin_convertvector(raw, i16x32))
LOAD(u8, uint8_t, i16x32, 32, __builtin_convertvector(raw, i16x32))
// Every byte but 0 is 1: the comparison makes it -1.
LOAD(boolean, uint8_t, i16x32, 32, -__builtin_convertvector(raw != 0, i16x32))
// What queries of the last three are prepared as.
LOAD(wide, int16_t, i16x32, 32, raw)

#if HAS_F16C
LOAD(f16, _Float16, f32x16, 16, __builtin_convertvector(raw, f32x16))
#else
typedef uint32_t u32x16 __attribute__((vector_size(64)));
INLINE f32x16 NAME(halves)(uint16_t __attribute__((vector_size(32))) raw) {
  u32x16 half = __builtin_convertvector(raw, u32x16);
  u32x16 magnitude = (half & 0x7FFF) << 13;
  f32x16 scaled = (f32x16)magnitude * 0x1p112f;
  u32x16 is_special = (u32x16)((half & 0x7C00) == 0x7C00);
  u32x16 bits = ((u32x16)scaled & ~is_special) | ((magnitude | 0x7F800000) & is_special);
  return (f32x16)(bits | (half & 0x8000) << 16);
}
LOAD(f16, uint16_t, f32x16, 16, NAME(halves)(raw))
#endif

// MARK: Sums of lanes

INLINE double NAME(sum_f32)(f32x16 lanes) {
  float __attribute__((vector_size(32))) eight =
    __builtin_shufflevector(lanes, lanes, 0, 1, 2, 3, 4, 5, 6, 7) +
    __builtin_shufflevector(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15);
  float __attribute__((vector_size(16))) four =
    __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  return ((double)four[0] + four[1]) + ((double)four[2] + four[3]);
}

INLINE double NAME(sum_f64)(f64x8 lanes) {
  return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

INLINE double NAME(sum_i32)(i32x16 lanes) {
  typedef int64_t i64x8 __attribute__((vector_size(64)));
  typedef int64_t i64x4 __attribute__((vector_size(32)));
  i64x8 eight =
    __builtin_convertvector(__builtin_shufflevector(lanes, lanes, 0, 1, 2, 3, 4, 5, 6, 7), i64x8) +
    __builtin_convertvector(__builtin_shufflevector(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15), i64x8);
  i64x4 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  return (double)((four[0] + four[1]) + (four[2] + four[3]));
}

INLINE f32x16 NAME(multiply_f32)(f32x16 a, f32x16 b) { return a * b; }
INLINE f64x8 NAME(multiply_f64)(f64x8 a, f64x8 b) { return a * b; }
// Products of neighbours, added: one instruction.
INLINE i32x16 NAME(multiply_i32)(i16x32 a, i16x32 b) {
  i32x32 products = __builtin_convertvector(a, i32x32) * __builtin_convertvector(b, i32x32);
  return __builtin_shufflevector(
           products, products, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
         __builtin_shufflevector(
           products, products, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

// MARK: Kernels

/// type: of a row. prepared: of a query. vector: lanes. sums: their products'. block: columns after which lanes are added up.
#define SUMS(name, type, prepared, element, prepared_element, vector, count, sums, arithmetic, block, queries_at_once, is_distance) \
  static void NAME(name)(                                                                                       \
    const unsigned char *row, size_t columns, const unsigned char *queries, size_t query_size, double *results) { \
    for (int query = 0; query < queries_at_once; query++) results[query] = 0;                                   \
    for (size_t start = 0; start < columns; start += block) {                                                   \
      size_t end = columns - start > block ? start + block : columns;                                           \
      sums lanes[queries_at_once] = {0};                                                                        \
      size_t index = start;                                                                                     \
      for (; end - index >= count; index += count) {                                                            \
        vector x = NAME(PASTE(load, type))(row + index * sizeof(element));                                      \
        _Pragma("unroll") for (int query = 0; query < queries_at_once; query++) {                               \
          vector y = NAME(PASTE(load, prepared))(queries + query * query_size + index * sizeof(prepared_element)); \
          vector a = is_distance ? x - y : x;                                                                   \
          lanes[query] += NAME(PASTE(multiply, arithmetic))(a, is_distance ? a : y);                               \
        }                                                                                                       \
      }                                                                                                         \
      if (index < end) {                                                                                        \
        vector x = NAME(PASTE(load_some, type))(row + index * sizeof(element), end - index);                    \
        _Pragma("unroll") for (int query = 0; query < queries_at_once; query++) {                               \
          vector y = NAME(PASTE(load, prepared))(queries + query * query_size + index * sizeof(prepared_element)); \
          vector a = is_distance ? x - y : x;                                                                   \
          lanes[query] += NAME(PASTE(multiply, arithmetic))(a, is_distance ? a : y);                               \
        }                                                                                                       \
      }                                                                                                         \
      _Pragma("unroll") for (int query = 0; query < queries_at_once; query++)                                   \
        results[query] += NAME(PASTE(sum, arithmetic))(lanes[query]);                                              \
    }                                                                                                           \
  }

#define KERNEL(type, prepared, element, prepared_element, vector, count, sums, arithmetic, block)                        \
  SUMS(PASTE(distance, type), type, prepared, element, prepared_element, vector, count, sums, arithmetic, block, 1, 1)   \
  SUMS(PASTE(distances, type), type, prepared, element, prepared_element, vector, count, sums, arithmetic, block, 4, 1)  \
  SUMS(PASTE(product, type), type, prepared, element, prepared_element, vector, count, sums, arithmetic, block, 1, 0)    \
  SUMS(PASTE(products, type), type, prepared, element, prepared_element, vector, count, sums, arithmetic, block, 4, 0)   \
  static double NAME(PASTE(norm, type))(const unsigned char *row, size_t columns) {                                   \
    double result = 0;                                                                                                \
    for (size_t start = 0; start < columns; start += block) {                                                         \
      size_t end = columns - start > block ? start + block : columns;                                                 \
      sums lanes = {0};                                                                                               \
      size_t index = start;                                                                                           \
      for (; end - index >= count; index += count) {                                                                  \
        vector x = NAME(PASTE(load, type))(row + index * sizeof(element));                                            \
        lanes += NAME(PASTE(multiply, arithmetic))(x, x);                                                                \
      }                                                                                                               \
      if (index < end) {                                                                                              \
        vector x = NAME(PASTE(load_some, type))(row + index * sizeof(element), end - index);                          \
        lanes += NAME(PASTE(multiply, arithmetic))(x, x);                                                                \
      }                                                                                                               \
      result += NAME(PASTE(sum, arithmetic))(lanes);                                                                     \
    }                                                                                                                 \
    return result;                                                                                                    \
  }                                                                                                                   \
  static void NAME(PASTE(prepare, type))(const void *packed, size_t columns, void *elements) {                        \
    for (size_t index = 0; index < columns; index += count) {                                                         \
      size_t left = columns - index < count ? columns - index : count;                                                \
      vector x = NAME(PASTE(load_some, type))((const unsigned char *)packed + index * sizeof(element), left);         \
      memcpy((unsigned char *)elements + index * sizeof(prepared_element), &x, sizeof x);                             \
    }                                                                                                                 \
  }

// Sums of 256 columns in f32 are those of 16 in each lane.
KERNEL(f16, f32, uint16_t, float, f32x16, 16, f32x16, f32, 256)
KERNEL(f32, f32, float, float, f32x16, 16, f32x16, f32, 256)
KERNEL(f64, f64, double, double, f64x8, 8, f64x8, f64, SIZE_MAX)
KERNEL(i16, f64, int16_t, double, f64x8, 8, f64x8, f64, SIZE_MAX)
KERNEL(u16, f64, uint16_t, double, f64x8, 8, f64x8, f64, SIZE_MAX)
KERNEL(i32, f64, int32_t, double, f64x8, 8, f64x8, f64, SIZE_MAX)
KERNEL(u32, f64, uint32_t, double, f64x8, 8, f64x8, f64, SIZE_MAX)
KERNEL(i64, f64, int64_t, double, f64x8, 8, f64x8, f64, SIZE_MAX)
KERNEL(u64, f64, uint64_t, double, f64x8, 8, f64x8, f64, SIZE_MAX)
// A lane's sum of 65536 columns is below 2^31: two squares of 255 each time.
KERNEL(i8, wide, int8_t, int16_t, i16x32, 32, i32x16, i32, 65536)
KERNEL(u8, wide, uint8_t, int16_t, i16x32, 32, i32x16, i32, 65536)
KERNEL(boolean, wide, uint8_t, int16_t, i16x32, 32, i32x16, i32, 65536)

// Elements whose products f32 cannot hold, as f64.
typedef float f32x8 __attribute__((vector_size(32)));
#if HAS_F16C
LOAD(wide_f16, _Float16, f64x8, 8, __builtin_convertvector(__builtin_convertvector(raw, f32x8), f64x8))
#else
INLINE f64x8 NAME(wide_halves)(uint16_t __attribute__((vector_size(16))) raw) {
  f64x8 result;
  for (int lane = 0; lane < 8; lane++) result[lane] = half_to_float(raw[lane]);
  return result;
}
LOAD(wide_f16, uint16_t, f64x8, 8, NAME(wide_halves)(raw))
#endif
LOAD(wide_f32, float, f64x8, 8, __builtin_convertvector(raw, f64x8))

/// One row in f64.
#define EXACT(type, element)                                                                                     \
  static double NAME(PASTE(exact, type))(                                                                        \
    row_measure measure, const unsigned char *row, size_t columns, const unsigned char *query) {                 \
    f64x8 distances = {0}, products = {0}, norms = {0}, query_norms = {0};                                       \
    for (size_t index = 0; index < columns; index += 8) {                                                        \
      const unsigned char *bytes = row + index * sizeof(element);                                                \
      size_t left = columns - index;                                                                             \
      f64x8 x = left < 8 ? NAME(PASTE(load_some_wide, type))(bytes, left) : NAME(PASTE(load_wide, type))(bytes); \
      f64x8 y = NAME(load_wide_f32)(query + index * sizeof(float));                                              \
      f64x8 difference = x - y;                                                                                  \
      distances += difference * difference;                                                                      \
      products += x * y;                                                                                         \
      norms += x * x;                                                                                            \
      query_norms += y * y;                                                                                      \
    }                                                                                                            \
    double product = NAME(sum_f64)(products);                                                                    \
    if (measure == row_measure_squared_distance) return NAME(sum_f64)(distances);                                \
    if (measure == row_measure_inner_product) return product;                                                    \
    double norm = NAME(sum_f64)(norms), query_norm = NAME(sum_f64)(query_norms);                                 \
    return norm == 0 || query_norm == 0 ? product : product / (sqrt(norm) * sqrt(query_norm));                   \
  }

EXACT(f32, float)
EXACT(f16, uint16_t)

#define ROW(type, element, prepared_element, exact)                                  \
  .type = {                                                                          \
    sizeof(element), sizeof(prepared_element), NAME(PASTE(prepare, type)),           \
    {NAME(PASTE(distance, type)), NAME(PASTE(distances, type))},                     \
    {NAME(PASTE(product, type)), NAME(PASTE(products, type))}, NAME(PASTE(norm, type)), exact}

const row_set NAME(row_set) = {
  ROW(i8, int8_t, int16_t, NULL),     ROW(u8, uint8_t, int16_t, NULL),
  ROW(i16, int16_t, double, NULL),    ROW(u16, uint16_t, double, NULL),
  ROW(i32, int32_t, double, NULL),    ROW(u32, uint32_t, double, NULL),
  ROW(i64, int64_t, double, NULL),    ROW(u64, uint64_t, double, NULL),
  ROW(f16, uint16_t, float, NAME(exact_f16)), ROW(f32, float, float, NAME(exact_f32)),
  ROW(f64, double, double, NULL),     ROW(boolean, uint8_t, int16_t, NULL),
};
