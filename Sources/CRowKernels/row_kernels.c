#include "row_kernel.h"

#include <float.h>

const uint8_t row_kernel_one = 1;

static const row_set *find_set(int set) {
#if defined(__x86_64__)
  int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c");
  int has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if ((set == 2 || set < 0) && has_avx512) return &row_set_avx512;
  if ((set == 1 || set < 0) && has_avx2) return &row_set_avx2;
#endif
  return set <= 0 ? &row_set_portable : NULL;
}

const row_kernel *row_kernel_find(char kind, size_t size, int set) {
  const row_set *kernels = find_set(set);
  if (kernels == NULL) return NULL;
  switch (kind) {
  case 'i':
    switch (size) {
    case 1: return &kernels->i8;
    case 2: return &kernels->i16;
    case 4: return &kernels->i32;
    case 8: return &kernels->i64;
    }
    return NULL;
  case 'u':
    switch (size) {
    case 1: return &kernels->u8;
    case 2: return &kernels->u16;
    case 4: return &kernels->u32;
    case 8: return &kernels->u64;
    }
    return NULL;
  case 'f':
    switch (size) {
    case 2: return &kernels->f16;
    case 4: return &kernels->f32;
    case 8: return &kernels->f64;
    }
    return NULL;
  case 'b': return size == 1 ? &kernels->boolean : NULL;
  }
  return NULL;
}

/// Before a query's elements is its squared length.
enum { query_head = 64 };

size_t row_kernel_query_size(const row_kernel *kernel, size_t columns) {
  // Whole vectors of up to 64 bytes.
  return query_head + (columns * kernel->prepared_size + 63) / 64 * 64;
}

void row_kernel_prepare(const row_kernel *kernel, const void *packed, size_t columns, void *query) {
  const unsigned char *rows[sum_count] = {packed, packed, packed, packed};
  double norms[sum_count];
  kernel->norms(rows, NULL, columns, norms);
  memcpy(query, norms, sizeof norms[0]);
  kernel->prepare(packed, columns, (unsigned char *)query + query_head);
}

/// Some of the rows, or of the queries' elements.
typedef struct vectors {
  const unsigned char *first;
  /// From one to the next, in bytes.
  size_t stride;
  size_t count;
} vectors;

static inline const unsigned char *address(vectors all, size_t index) { return all.first + index * all.stride; }

/// The sum of row r for query q goes to sums[q * stride + r].
static void add_up(
  row_sums *of_rows, row_sums *of_queries, vectors rows, vectors queries, size_t columns, double *sums, size_t stride) {
  const unsigned char *group[sum_count];
  double results[sum_count];
  size_t query = 0;
  for (; queries.count - query >= sum_count; query += sum_count) {
    for (size_t index = 0; index < sum_count; index++) group[index] = address(queries, query + index);
    for (size_t row = 0; row < rows.count; row++) {
      const unsigned char *only = address(rows, row);
      of_queries(&only, group, columns, results);
      for (size_t index = 0; index < sum_count; index++) sums[(query + index) * stride + row] = results[index];
    }
  }
  for (; query < queries.count; query++) {
    const unsigned char *only = address(queries, query);
    for (size_t row = 0; row < rows.count; row += sum_count) {
      size_t count = rows.count - row < sum_count ? rows.count - row : sum_count;
      // Where there are fewer the last one comes again.
      for (size_t index = 0; index < sum_count; index++) {
        group[index] = address(rows, row + (index < count ? index : count - 1));
      }
      of_rows(group, &only, columns, results);
      for (size_t index = 0; index < count; index++) sums[query * stride + row + index] = results[index];
    }
  }
}

/// Makes scores of the sums of some rows and a query.
static void finish(
  const row_kernel *kernel, row_measure measure, vectors rows, const double *norms, const unsigned char *query,
  size_t columns, double *scores) {
  // What has not vanished in f32, and has not overflown.
  const double least = 1e-30, most = DBL_MAX;
  double query_norm;
  memcpy(&query_norm, query - query_head, sizeof query_norm);
  for (size_t row = 0; row < rows.count; row++) {
    double sum = scores[row], norm = norms[row];
    int is_certain = fabs(sum) >= least && fabs(sum) <= most;
    if (measure == row_measure_cosine) {
      is_certain = norm >= least && norm <= most && query_norm >= least && query_norm <= most && fabs(sum) <= most;
    }
    if (!is_certain && kernel->exact != NULL) {
      scores[row] = kernel->exact(measure, address(rows, row), columns, query);
    } else if (measure == row_measure_cosine && norm != 0 && query_norm != 0) {
      scores[row] = sum / (sqrt(norm) * sqrt(query_norm));
    }
    // A product with a vector of no length is 0, or no number.
  }
}

void row_kernel_score(
  const row_kernel *kernel, row_measure measure, const void *rows, size_t row_count, size_t columns,
  const void *queries, size_t query_count, double *scores) {
  // As many rows as stay in the nearest cache until all queries have been there.
  enum { most_rows = 64, most_bytes = 16384 };
  int is_distance = measure == row_measure_squared_distance, is_cosine = measure == row_measure_cosine;
  row_sums *of_rows = is_distance ? kernel->distances_of_rows : kernel->products_of_rows;
  row_sums *of_queries = is_distance ? kernel->distances_of_queries : kernel->products_of_queries;
  size_t row_size = columns * kernel->element_size;
  size_t most = row_size > most_bytes ? 1 : row_size * most_rows > most_bytes ? most_bytes / row_size : most_rows;
  vectors elements = {
    (const unsigned char *)queries + query_head, row_kernel_query_size(kernel, columns), query_count};
  for (size_t start = 0; start < row_count; start += most) {
    vectors batch = {
      (const unsigned char *)rows + start * row_size, row_size, row_count - start < most ? row_count - start : most};
    add_up(of_rows, of_queries, batch, elements, columns, scores + start, row_count);
    if (kernel->exact == NULL && !is_cosine) continue;
    double norms[most_rows] = {0};
    if (is_cosine) add_up(kernel->norms, NULL, batch, (vectors){batch.first, 0, 1}, columns, norms, 0);
    for (size_t query = 0; query < query_count; query++) {
      finish(
        kernel, measure, batch, norms, address(elements, query), columns, scores + query * row_count + start);
    }
  }
}
