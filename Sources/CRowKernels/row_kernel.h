#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CRowKernels.h"

// What sets of instructions share.

/// Sums of products of one row with up to four queries, or of differences; see row_set.h.
typedef void row_sums(
  const unsigned char *row, size_t columns, const unsigned char *queries, size_t query_size, double *sums);

struct row_kernel {
  size_t element_size;
  /// Of a prepared element.
  size_t prepared_size;
  void (*prepare)(const void *packed, size_t columns, void *elements);
  row_sums *distances[2], *products[2];
  /// The squared length of a row.
  double (*norm)(const unsigned char *row, size_t columns);
  /// Any score of one row, in f64; NULL where sums cannot overflow or vanish.
  double (*exact)(row_measure measure, const unsigned char *row, size_t columns, const unsigned char *query);
};

/// Before a query's elements is its squared length.
enum { query_head = 64, query_group = 4 };

typedef struct row_set {
  row_kernel i8, u8, i16, u16, i32, u32, i64, u64, f16, f32, f64, boolean;
} row_set;

extern const row_set row_set_portable, row_set_avx2, row_set_avx512;

/// An f16 as an f32, without instructions for it.
static inline float half_to_float(uint16_t half) {
  uint32_t magnitude = (uint32_t)(half & 0x7FFF) << 13;
  float value;
  memcpy(&value, &magnitude, 4);
  // The exponent's bias is another; a small number gets a leading one by that.
  value *= 0x1p112f;
  uint32_t bits;
  memcpy(&bits, &value, 4);
  if ((half & 0x7C00) == 0x7C00) bits = magnitude | 0x7F800000;
  bits |= (uint32_t)(half & 0x8000) << 16;
  memcpy(&value, &bits, 4);
  return value;
}
