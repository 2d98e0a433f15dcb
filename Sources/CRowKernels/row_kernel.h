#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CRowKernels.h"

// What sets of instructions share.

/// How many queries are a group: a row is in registers until it has been compared with all of them.
enum { query_group = 4 };

/// What is added up over the columns of a row and a query: squared differences, products, or products and beside them
/// the row's squares.
typedef enum operation { distances, products, products_and_norms } operation;

/// Sums of rows with one query; `norms` is used only where those are added up too.
typedef void row_sums(
  const unsigned char *rows, size_t row_count, size_t columns, const unsigned char *query, double *sums, double *norms);

/// Sums of rows with a group of queries, `query_size` bytes apart: that of row r and query q goes to
/// sums[q * stride + r].
typedef void group_sums(
  const unsigned char *rows, size_t row_count, size_t columns, const unsigned char *queries, size_t query_size,
  double *sums, size_t stride);

/// What is before a query's elements: room for its squared length as an f64, and for what its kernels need besides.
enum { query_head = 64 };

struct row_kernel {
  size_t element_size;
  /// Of an element of a query.
  size_t prepared_size;
  void (*prepare)(const unsigned char *packed, size_t columns, unsigned char *query);
  row_sums *distances, *products, *products_and_norms;
  group_sums *group_distances, *group_products;
  /// Any score of one row, in f64; NULL where sums cannot overflow or vanish.
  double (*exact)(row_measure measure, const unsigned char *row, size_t columns, const unsigned char *query);
};

/// The kernels for types of one byte.
typedef struct byte_set {
  row_kernel i8, u8, boolean;
} byte_set;

/// The kernels that a set of instructions has.
typedef struct row_set {
  byte_set bytes;
  row_kernel i16, u16, i32, u32, i64, u64, f16, f32, f64;
} row_set;

extern const row_set row_set_portable, row_set_avx2, row_set_avx512;
extern const byte_set byte_set_avx512_vnni;

/// What a compiler that knew it would not multiply by, but do something slower.
extern const uint8_t row_kernel_one;
