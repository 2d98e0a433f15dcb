#include "row_kernel.h"

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

size_t row_kernel_query_size(const row_kernel *kernel, size_t columns) {
  // Whole vectors of up to 64 bytes.
  return query_head + (columns * kernel->prepared_size + 63) / 64 * 64;
}

void row_kernel_prepare(const row_kernel *kernel, const void *packed, size_t columns, void *query) {
  double norm = kernel->norm(packed, columns);
  kernel->prepare(packed, columns, (char *)query + query_head);
  memcpy(query, &norm, sizeof norm);
}

/// From sums to the score of one row.
static double score(
  const row_kernel *kernel, row_measure measure, double sum, double norm, const unsigned char *row, size_t columns,
  const unsigned char *query) {
  // What may have vanished in f32.
  const double tiny = 1e-30;
  double query_norm;
  memcpy(&query_norm, query, sizeof query_norm);
  int is_doubtful;
  switch (measure) {
  case row_measure_squared_distance: is_doubtful = !(sum >= tiny && isfinite(sum)); break;
  case row_measure_inner_product: is_doubtful = !(fabs(sum) >= tiny && isfinite(sum)); break;
  case row_measure_cosine:
    is_doubtful = !(norm >= tiny && query_norm >= tiny && isfinite(norm) && isfinite(query_norm) && isfinite(sum));
    break;
  }
  if (is_doubtful && kernel->exact != NULL) return kernel->exact(measure, row, columns, query + query_head);
  if (measure != row_measure_cosine) return sum;
  // A sum with a vector of no length is 0, or no number.
  return norm == 0 || query_norm == 0 ? sum : sum / (sqrt(norm) * sqrt(query_norm));
}

/// Rows of 16 KiB, so that all queries find them in the nearest cache.
enum { most_rows = 64, batch_bytes = 16384 };

void row_kernel_score(
  const row_kernel *kernel, row_measure measure, const void *rows, size_t row_count, size_t columns,
  const void *queries, size_t query_count, double *scores) {
  size_t row_size = columns * kernel->element_size, query_size = row_kernel_query_size(kernel, columns);
  row_sums *const *sums = measure == row_measure_squared_distance ? kernel->distances : kernel->products;
  size_t batch = row_size * most_rows > batch_bytes ? batch_bytes / row_size : most_rows;
  if (batch == 0) batch = 1;
  double norms[most_rows] = {0};
  for (size_t start = 0; start < row_count; start += batch) {
    const unsigned char *first = (const unsigned char *)rows + start * row_size;
    size_t count = row_count - start < batch ? row_count - start : batch;
    if (measure == row_measure_cosine) {
      for (size_t index = 0; index < count; index++) norms[index] = kernel->norm(first + index * row_size, columns);
    }
    for (size_t query = 0, size; query < query_count; query += size) {
      const unsigned char *group = (const unsigned char *)queries + query * query_size;
      size = query_count - query >= query_group ? query_group : 1;
      for (size_t index = 0; index < count; index++) {
        const unsigned char *row = first + index * row_size;
        double results[query_group];
        sums[size > 1](row, columns, group + query_head, query_size, results);
        for (size_t number = 0; number < size; number++) {
          scores[(query + number) * row_count + start + index] =
            score(kernel, measure, results[number], norms[index], row, columns, group + number * query_size);
        }
      }
    }
  }
}
