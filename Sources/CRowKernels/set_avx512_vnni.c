// i8, u8 and bool for processors that multiply bytes and add up the products at once (AVX512-VNNI).
#if defined(__x86_64__)
#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#include <immintrin.h>

#include "row_kernel.h"

#define INLINE static inline __attribute__((always_inline))

// The instruction multiplies numbers of 0 to 255 by numbers of -128 to 127. A byte with its highest bit inverted is one of
// the other kind: 128 more than it was as i8, or less than it was as u8. What that adds to a sum is known, and taken off.
// Integers are exact, so that sums are those of other sets however they are made.

typedef enum byte_type { i8, u8, boolean } byte_type;

/// The same bytes as both kinds of numbers. One of them is what they are.
typedef struct elements {
  __m512i without_sign, with_sign;
} elements;

/// - count: of bytes that are loaded; the others are 0.
INLINE elements load(byte_type type, const unsigned char *bytes, size_t count) {
  __m512i packed = count < 64 ? _mm512_maskz_loadu_epi8(((__mmask64)1 << count) - 1, bytes) : _mm512_loadu_si512(bytes);
  __m512i inverted = _mm512_xor_si512(packed, _mm512_set1_epi8(-128));
  switch (type) {
  case i8: return (elements){inverted, packed};
  case u8: return (elements){packed, inverted};
  case boolean: packed = _mm512_min_epu8(packed, _mm512_set1_epi8(1)); return (elements){packed, packed};
  }
}

INLINE __m512i add_products(byte_type type, __m512i sum, elements x, __m512i y) {
  return type == u8 ? _mm512_dpbusd_epi32(sum, y, x.with_sign) : _mm512_dpbusd_epi32(sum, x.without_sign, y);
}

/// What `add_squares` adds besides the squares of a row, which is the same for each lane, also for an empty one.
INLINE double square_excess(byte_type type, size_t columns) {
  return type == boolean ? 0 : -128.0 * 128 * (double)((columns + 63) / 64 * 64);
}

INLINE __m512i add_squares(byte_type type, __m512i sum, elements x) {
  // (x + 128) x for i8, and x (x - 128) for u8.
  sum = _mm512_dpbusd_epi32(sum, x.without_sign, x.with_sign);
  // (x + 128) -128, and 128 (x - 128): the sum is x x - 128 128.
  if (type == i8) sum = _mm512_dpbusd_epi32(sum, x.without_sign, _mm512_set1_epi8(-128));
  if (type == u8) sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(-128), x.with_sign);
  return sum;
}

/// As many columns as a sum of 32 bits holds for sure.
enum { block = 32768 };

/// The sum of each of four vectors' lanes.
INLINE __m256d totals(const __m512i vectors[4]) {
  __m512i a = vectors[0], b = vectors[1], c = vectors[2], d = vectors[3];
  __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
  __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
  __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
  __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
  return _mm256_cvtepi32_pd(_mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1)));
}

/// Adds up the products of a row's block with some queries, and its squares.
INLINE void add_block(
  byte_type type, operation operation, const unsigned char *row, size_t columns, const unsigned char *queries,
  size_t query_size, int query_count, __m512i sums[], __m512i *squares) {
  for (size_t column = 0; column < columns; column += 64) {
    elements x = load(type, row + column, columns - column);
    _Pragma("unroll") for (int query = 0; query < query_count; query++) {
      __m512i y = _mm512_loadu_si512(queries + query * query_size + column);
      sums[query] = add_products(type, sums[query], x, y);
    }
    if (operation != products) *squares = add_squares(type, *squares, x);
  }
}

/// What is before a query's elements.
typedef struct head {
  /// The squared length.
  double norm;
  /// What each product with a row has too much.
  double product_excess;
} head;

INLINE head head_of(const unsigned char *query) {
  head head;
  memcpy(&head, query - query_head, sizeof head);
  return head;
}

INLINE void prepare(byte_type type, const unsigned char *packed, size_t columns, unsigned char *query) {
  double sum = 0;
  for (size_t column = 0; column < columns; column += 64) {
    elements y = load(type, packed + column, columns - column);
    _mm512_storeu_si512(query + column, type == u8 ? y.without_sign : y.with_sign);
    for (size_t index = column; index < column + 64; index++) sum += type == i8 ? (int8_t)query[index] : query[index];
  }
  head head = {0, type == boolean ? 0 : type == i8 ? 128 * sum : -128 * sum};
  memcpy(query - query_head, &head, sizeof head);
}

INLINE void add_rows(
  byte_type type, operation operation, const unsigned char *rows, size_t row_count, size_t columns,
  const unsigned char *query, double *sums, double *norms) {
  head head = head_of(query);
  double excess = square_excess(type, columns);
  for (size_t row = 0; row < row_count; row += 4) {
    __m256d product = _mm256_set1_pd(-head.product_excess), norm = _mm256_set1_pd(-excess);
    for (size_t start = 0; start < columns; start += block) {
      size_t part = columns - start < block ? columns - start : block;
      __m512i product_lanes[4], square_lanes[4];
      _Pragma("unroll") for (size_t index = 0; index < 4; index++) {
        // After the last row the last row once more.
        size_t number = row + index < row_count ? row + index : row_count - 1;
        product_lanes[index] = square_lanes[index] = _mm512_setzero_si512();
        add_block(
          type, operation, rows + number * columns + start, part, query + start, 0, 1, &product_lanes[index],
          &square_lanes[index]);
      }
      product += totals(product_lanes);
      norm += totals(square_lanes);
    }
    __mmask8 mask = row_count - row < 4 ? (__mmask8)((1 << (row_count - row)) - 1) : 15;
    _mm256_mask_storeu_pd(sums + row, mask, operation == distances ? norm + head.norm - 2 * product : product);
    if (operation == products_and_norms) _mm256_mask_storeu_pd(norms + row, mask, norm);
  }
}

INLINE void add_group(
  byte_type type, operation operation, const unsigned char *rows, size_t row_count, size_t columns,
  const unsigned char *queries, size_t query_size, double *sums, size_t stride) {
  double excess = square_excess(type, columns);
  for (size_t row = 0; row < row_count; row++) {
    __m256d product = {0};
    double norm = -excess;
    for (size_t start = 0; start < columns; start += block) {
      size_t part = columns - start < block ? columns - start : block;
      __m512i lanes[query_group] = {0}, square_lanes = {0};
      add_block(
        type, operation, rows + row * columns + start, part, queries + start, query_size, query_group, lanes,
        &square_lanes);
      product += totals(lanes);
      norm += _mm512_reduce_add_epi32(square_lanes);
    }
    for (size_t query = 0; query < query_group; query++) {
      head head = head_of(queries + query * query_size);
      double value = product[query] - head.product_excess;
      sums[query * stride + row] = operation == distances ? norm + head.norm - 2 * value : value;
    }
  }
}

#define OF_ROWS(type, name)                                                                                   \
  static void name##_##type(                                                                                  \
    const unsigned char *rows, size_t row_count, size_t columns, const unsigned char *query, double *sums,    \
    double *norms) {                                                                                          \
    add_rows(type, name, rows, row_count, columns, query, sums, norms);                                       \
  }
#define OF_GROUP(type, name)                                                                                  \
  static void group_##name##_##type(                                                                          \
    const unsigned char *rows, size_t row_count, size_t columns, const unsigned char *queries,                \
    size_t query_size, double *sums, size_t stride) {                                                         \
    add_group(type, name, rows, row_count, columns, queries, query_size, sums, stride);                       \
  }
#define OF_TYPE(type)                                                                                         \
  static void prepare_##type(const unsigned char *packed, size_t columns, unsigned char *query) {             \
    prepare(type, packed, columns, query);                                                                    \
  }                                                                                                           \
  OF_ROWS(type, distances)                                                                                    \
  OF_ROWS(type, products)                                                                                     \
  OF_ROWS(type, products_and_norms)                                                                           \
  OF_GROUP(type, distances)                                                                                   \
  OF_GROUP(type, products)
#define KERNEL(type)                                                                                          \
  .type = {1, 1, prepare_##type, distances_##type, products_##type, products_and_norms_##type,                \
           group_distances_##type, group_products_##type, NULL}

OF_TYPE(i8)
OF_TYPE(u8)
OF_TYPE(boolean)

const byte_set byte_set_avx512_vnni = {KERNEL(i8), KERNEL(u8), KERNEL(boolean)};
#pragma clang attribute pop
#endif
