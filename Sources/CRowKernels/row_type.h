// The kernels of one type of elements: row_set.h includes this for each, and says there what must be defined.

#define COUNT (sizeof(LANES) / sizeof((LANES){0}[0]))
#define PREPARED_SIZE (sizeof(LANES) / COUNT)
#define NAME(name) PASTE(name, TYPE)
#ifndef TO_LANES
#define TO_LANES(packed) __builtin_convertvector(packed, LANES)
#endif
#ifndef ADD_PRODUCTS
#define ADD_PRODUCTS(sum, a, b) (sum) + multiply(a, b)
#endif

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

static void NAME(prepare)(const unsigned char *packed, size_t columns, unsigned char *query) {
  for (size_t column = 0; column < columns; column += COUNT) {
    size_t left = columns - column < COUNT ? columns - column : COUNT;
    LANES x = NAME(load_some)(packed + column * sizeof(ELEMENT), left);
    memcpy(query + column * PREPARED_SIZE, &x, sizeof x);
  }
}

/// Adds some columns of a row to its sums with queries, and to that of its squares.
INLINE void NAME(add)(
  operation operation, LANES x, const unsigned char *queries, size_t query_size, int query_count, SUMS sums[],
  SUMS *squares) {
  _Pragma("unroll") for (int query = 0; query < query_count; query++) {
    LANES y;
    memcpy(&y, queries + query * query_size, sizeof y);
    sums[query] = operation == distances ? sums[query] + multiply(x - y, x - y) : ADD_PRODUCTS(sums[query], x, y);
  }
  if (operation == products_and_norms) *squares = ADD_PRODUCTS(*squares, x, x);
}

/// One row and some queries: the sums are those of the lanes of `sums`, and of `norm`.
INLINE void NAME(add_row)(
  operation operation, const unsigned char *row, size_t columns, const unsigned char *queries, size_t query_size,
  int query_count, f64x4 sums[], f64x4 *norm) {
  for (size_t column = 0; column < columns;) {
    size_t end = columns - column > BLOCK ? column + BLOCK : columns;
    SUMS block[query_group] = {0}, squares = {0};
    for (; end - column >= COUNT; column += COUNT) {
      LANES x = NAME(load)(row + column * sizeof(ELEMENT));
      NAME(add)(operation, x, queries + column * PREPARED_SIZE, query_size, query_count, block, &squares);
    }
    if (column < end) {
      LANES x = NAME(load_some)(row + column * sizeof(ELEMENT), end - column);
      NAME(add)(operation, x, queries + column * PREPARED_SIZE, query_size, query_count, block, &squares);
      column = end;
    }
    _Pragma("unroll") for (int query = 0; query < query_count; query++) sums[query] += fold(block[query]);
    if (operation == products_and_norms) *norm += fold(squares);
  }
}

INLINE void NAME(add_rows)(
  operation operation, const unsigned char *rows, size_t row_count, size_t columns, const unsigned char *query,
  double *sums, double *norms) {
  for (size_t row = 0; row < row_count; row += 4) {
    size_t count = row_count - row < 4 ? row_count - row : 4;
    f64x4 lanes[4] = {0}, squares[4] = {0};
    // One row after the other, as processors read ahead: their additions need not wait for each other.
    for (size_t index = 0; index < count; index++) {
      const unsigned char *elements = rows + (row + index) * columns * sizeof(ELEMENT);
      NAME(add_row)(operation, elements, columns, query, 0, 1, &lanes[index], &squares[index]);
    }
    store(totals(lanes), count, sums + row);
    if (operation == products_and_norms) store(totals(squares), count, norms + row);
  }
}

INLINE void NAME(add_group)(
  operation operation, const unsigned char *rows, size_t row_count, size_t columns, const unsigned char *queries,
  size_t query_size, double *sums, size_t stride) {
  for (size_t row = 0; row < row_count; row++) {
    f64x4 lanes[query_group] = {0}, norm;
    const unsigned char *elements = rows + row * columns * sizeof(ELEMENT);
    NAME(add_row)(operation, elements, columns, queries, query_size, query_group, lanes, &norm);
    f64x4 results = totals(lanes);
    for (int query = 0; query < query_group; query++) sums[query * stride + row] = results[query];
  }
}

#define OF_ROWS(name, operation)                                                                              \
  static void NAME(name)(                                                                                     \
    const unsigned char *rows, size_t row_count, size_t columns, const unsigned char *query, double *sums,    \
    double *norms) {                                                                                          \
    NAME(add_rows)(operation, rows, row_count, columns, query, sums, norms);                                  \
  }
#define OF_GROUP(name, operation)                                                                             \
  static void NAME(name)(                                                                                     \
    const unsigned char *rows, size_t row_count, size_t columns, const unsigned char *queries,                \
    size_t query_size, double *sums, size_t stride) {                                                         \
    NAME(add_group)(operation, rows, row_count, columns, queries, query_size, sums, stride);                  \
  }

OF_ROWS(distances, distances)
OF_ROWS(products, products)
OF_ROWS(products_and_norms, products_and_norms)
OF_GROUP(group_distances, distances)
OF_GROUP(group_products, products)

#undef OF_ROWS
#undef OF_GROUP
#undef COUNT
#undef PREPARED_SIZE
#undef NAME
#undef TYPE
#undef ELEMENT
#undef TO_LANES
#undef ADD_PRODUCTS
