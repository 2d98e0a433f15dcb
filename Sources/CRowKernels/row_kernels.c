#include "row_kernel.h"

#include <float.h>

const uint8_t row_kernel_one = 1;

/// The kernels for a processor.
typedef struct instructions {
  const byte_set *bytes;
  const row_set *others;
} instructions;

static instructions find_set(int set) {
#if defined(__x86_64__)
  int has_avx2 =
    __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c") && __builtin_cpu_supports("fma");
  int has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  int has_avx512_vnni = has_avx512 && __builtin_cpu_supports("avx512vnni");
  if ((set == 3 || set < 0) && has_avx512_vnni) return (instructions){&byte_set_avx512_vnni, &row_set_avx512};
  if ((set == 2 || set < 0) && has_avx512) return (instructions){&row_set_avx512.bytes, &row_set_avx512};
  if ((set == 1 || set < 0) && has_avx2) return (instructions){&row_set_avx2.bytes, &row_set_avx2};
#endif
  if (set > 0) return (instructions){NULL, NULL};
  return (instructions){&row_set_portable.bytes, &row_set_portable};
}

const row_kernel *row_kernel_find(char kind, size_t size, int set) {
  instructions found = find_set(set);
  if (found.others == NULL) return NULL;
  switch (kind) {
  case 'i':
    switch (size) {
    case 1: return &found.bytes->i8;
    case 2: return &found.others->i16;
    case 4: return &found.others->i32;
    case 8: return &found.others->i64;
    }
    return NULL;
  case 'u':
    switch (size) {
    case 1: return &found.bytes->u8;
    case 2: return &found.others->u16;
    case 4: return &found.others->u32;
    case 8: return &found.others->u64;
    }
    return NULL;
  case 'f':
    switch (size) {
    case 2: return &found.others->f16;
    case 4: return &found.others->f32;
    case 8: return &found.others->f64;
    }
    return NULL;
  case 'b': return size == 1 ? &found.bytes->boolean : NULL;
  }
  return NULL;
}

size_t row_kernel_query_size(const row_kernel *kernel, size_t columns) {
  // Whole vectors of up to 64 bytes.
  return query_head + (columns * kernel->prepared_size + 63) / 64 * 64;
}

/// - query: its elements.
static double squared_length(const unsigned char *query) {
  double norm;
  memcpy(&norm, query - query_head, sizeof norm);
  return norm;
}

void row_kernel_prepare(const row_kernel *kernel, const void *packed, size_t columns, void *query) {
  unsigned char *elements = (unsigned char *)query + query_head;
  kernel->prepare(packed, columns, elements);
  double norm, product;
  kernel->products_and_norms(packed, 1, columns, elements, &product, &norm);
  memcpy(query, &norm, sizeof norm);
}

/// Some rows, and the queries' elements.
typedef struct comparison {
  const row_kernel *kernel;
  row_measure measure;
  const unsigned char *rows;
  size_t row_count, columns;
  const unsigned char *queries;
  size_t query_size, query_count;
  /// From a query's scores to those of the next.
  size_t stride;
} comparison;

/// Squared distances or inner products.
static void add_up(comparison of, double *scores) {
  int is_distance = of.measure == row_measure_squared_distance;
  row_sums *single = is_distance ? of.kernel->distances : of.kernel->products;
  group_sums *group = is_distance ? of.kernel->group_distances : of.kernel->group_products;
  for (size_t query = 0; query < of.query_count;) {
    const unsigned char *elements = of.queries + query * of.query_size;
    double *sums = scores + query * of.stride;
    if (of.query_count - query < query_group) {
      single(of.rows, of.row_count, of.columns, elements, sums, NULL);
      query++;
    } else {
      group(of.rows, of.row_count, of.columns, elements, of.query_size, sums, of.stride);
      query += query_group;
    }
  }
}

/// From inner products to cosines.
static void divide(comparison of, const unsigned char *query, const double *lengths, double *scores) {
  double query_length = sqrt(squared_length(query));
  for (size_t row = 0; row < of.row_count; row++) {
    // A product with a vector of no length is 0, or no number.
    scores[row] /= lengths[row] == 0 || query_length == 0 ? 1 : lengths[row] * query_length;
  }
}

/// Does again in f64 what has overflown in f32, or may have vanished.
static void correct(comparison of, const unsigned char *query, const double *norms, double *scores) {
  const double least = 1e-30, most = DBL_MAX;
  double query_norm = squared_length(query);
  for (size_t row = 0; row < of.row_count; row++) {
    double score = fabs(scores[row]);
    int is_certain = of.measure == row_measure_cosine
      ? norms[row] >= least && norms[row] <= most && query_norm >= least && query_norm <= most && score <= most
      : score >= least && score <= most;
    if (is_certain) continue;
    const unsigned char *elements = of.rows + row * of.columns * of.kernel->element_size;
    scores[row] = of.kernel->exact(of.measure, elements, of.columns, query);
  }
}

/// As many rows as stay in the nearest cache until all queries have been there.
enum { most_rows = 64, most_bytes = 16384 };

static void compare(comparison of, double *scores) {
  // Of the rows; for cosines only.
  double norms[most_rows], lengths[most_rows];
  int is_cosine = of.measure == row_measure_cosine;
  if (is_cosine) {
    of.kernel->products_and_norms(of.rows, of.row_count, of.columns, of.queries, scores, norms);
    // Not sqrt, which sets errno: several at once.
    for (size_t row = 0; row < of.row_count; row++) lengths[row] = __builtin_elementwise_sqrt(norms[row]);
  }
  if (!is_cosine || of.query_count > 1) add_up(of, scores);
  for (size_t index = 0; index < of.query_count; index++) {
    const unsigned char *query = of.queries + index * of.query_size;
    if (is_cosine) divide(of, query, lengths, scores + index * of.stride);
    if (of.kernel->exact != NULL) correct(of, query, norms, scores + index * of.stride);
  }
}

void row_kernel_score(
  const row_kernel *kernel, row_measure measure, const void *rows, size_t row_count, size_t columns,
  const void *queries, size_t query_count, double *scores) {
  if (query_count == 0) return;
  size_t row_size = columns * kernel->element_size;
  size_t most = row_size > most_bytes ? 1 : row_size * most_rows > most_bytes ? most_bytes / row_size : most_rows;
  for (size_t start = 0; start < row_count; start += most) {
    comparison batch = {
      kernel, measure, (const unsigned char *)rows + start * row_size,
      row_count - start < most ? row_count - start : most, columns,
      (const unsigned char *)queries + query_head, row_kernel_query_size(kernel, columns), query_count, row_count};
    compare(batch, scores + start);
  }
}
