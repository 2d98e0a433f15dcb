// The kernels of one type of elements: row_set.h includes this for each, and says there what must be defined.

#define COUNT (sizeof(LANES) / sizeof((LANES){0}[0]))
#define PREPARED_SIZE (sizeof(LANES) / COUNT)
#define NAME(name) PASTE(name, TYPE)

typedef ELEMENT NAME(packed) __attribute__((vector_size(COUNT * sizeof(ELEMENT))));

INLINE LANES NAME(load)(const unsigned char *bytes) {
  NAME(packed) elements;
  memcpy(&elements, bytes, sizeof elements);
  return TO_LANES(elements);
}

/// Fewer than all lanes; the others are 0.
INLINE LANES NAME(load_some)(const unsigned char *bytes, size_t count) {
  unsigned char padded[sizeof(NAME(packed))] = {0};
  memcpy(padded, bytes, count * sizeof(ELEMENT));
  return NAME(load)(padded);
}

INLINE void NAME(add)(
  const unsigned char *const rows[], int row_count, const unsigned char *const queries[], int query_count,
  size_t column, size_t left, int is_distance, SUMS sums[sum_count]) {
#pragma unroll
  for (int sum = 0; sum < sum_count; sum++) {
    const unsigned char *row = rows[row_count == 1 ? 0 : sum] + column * sizeof(ELEMENT);
    LANES x = left < COUNT ? NAME(load_some)(row, left) : NAME(load)(row);
    LANES y = x;
    if (query_count > 0) memcpy(&y, queries[query_count == 1 ? 0 : sum] + column * PREPARED_SIZE, sizeof y);
    sums[sum] += is_distance ? multiply(x - y, x - y) : multiply(x, y);
  }
}

INLINE void NAME(sum)(
  const unsigned char *const rows[], int row_count, const unsigned char *const queries[], int query_count,
  size_t columns, int is_distance, double results[sum_count]) {
  f64x4 totals = {0};
  for (size_t column = 0; column < columns;) {
    size_t end = columns - column > BLOCK ? column + BLOCK : columns;
    SUMS sums[sum_count] = {0};
    for (; end - column >= COUNT; column += COUNT)
      NAME(add)(rows, row_count, queries, query_count, column, COUNT, is_distance, sums);
    if (column < end) {
      NAME(add)(rows, row_count, queries, query_count, column, end - column, is_distance, sums);
      column = end;
    }
    totals += sums_of(fold(sums[0]), fold(sums[1]), fold(sums[2]), fold(sums[3]));
  }
  memcpy(results, &totals, sizeof totals);
}

#define SUM_FUNCTION(name, row_count, query_count, is_distance) \
  static void NAME(name)( \
    const unsigned char *const rows[], const unsigned char *const queries[], size_t columns, double sums[sum_count]) { \
    NAME(sum)(rows, row_count, queries, query_count, columns, is_distance, sums); \
  }
SUM_FUNCTION(distances_of_rows, sum_count, 1, 1)
SUM_FUNCTION(distances_of_queries, 1, sum_count, 1)
SUM_FUNCTION(products_of_rows, sum_count, 1, 0)
SUM_FUNCTION(products_of_queries, 1, sum_count, 0)
SUM_FUNCTION(norms, sum_count, 0, 0)
#undef SUM_FUNCTION

static void NAME(prepare)(const unsigned char *packed, size_t columns, unsigned char *query) {
  for (size_t column = 0; column < columns; column += COUNT) {
    size_t left = columns - column < COUNT ? columns - column : COUNT;
    LANES x = NAME(load_some)(packed + column * sizeof(ELEMENT), left);
    memcpy(query + column * PREPARED_SIZE, &x, sizeof x);
  }
}

#undef COUNT
#undef PREPARED_SIZE
#undef NAME
#undef TYPE
#undef ELEMENT
#undef TO_LANES
