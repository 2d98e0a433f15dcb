#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CRowKernels.h"

// What sets of instructions share.

/// How many sums are made at once: enough additions that do not wait for each other.
enum { sum_count = 4 };

/// Sums over the columns of rows and prepared queries: of as many rows and one query, or of one row and as many queries.
typedef void row_sums(
  const unsigned char *const rows[], const unsigned char *const queries[], size_t columns, double sums[sum_count]);

struct row_kernel {
  size_t element_size;
  /// Of an element of a query.
  size_t prepared_size;
  void (*prepare)(const unsigned char *packed, size_t columns, unsigned char *query);
  /// Of squared differences.
  row_sums *distances_of_rows, *distances_of_queries;
  row_sums *products_of_rows, *products_of_queries;
  /// Of rows' squares; there is no query.
  row_sums *norms;
  /// Any score of one row, in f64; NULL where sums cannot overflow or vanish.
  double (*exact)(row_measure measure, const unsigned char *row, size_t columns, const unsigned char *query);
};

typedef struct row_set {
  row_kernel i8, u8, boolean, i16, u16, i32, u32, i64, u64, f16, f32, f64;
} row_set;

extern const row_set row_set_portable, row_set_avx2, row_set_avx512;

/// What a compiler that knew it would not multiply by, but do something slower.
extern const uint8_t row_kernel_one;
