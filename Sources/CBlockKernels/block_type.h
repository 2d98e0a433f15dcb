// The kernels for one type; see block_set.h.

#define NAME(name) PASTE(TYPE, name, SET)

typedef ELEMENT NAME(element) __attribute__((aligned(1)));
// An f16 becomes a key in eights.
#define LANES (sizeof(ELEMENT) == sizeof(KEY) ? VECTOR / sizeof(KEY) : 8)

typedef ELEMENT NAME(elements) __attribute__((ext_vector_type(LANES)));
typedef KEY NAME(keys) __attribute__((ext_vector_type(LANES)));
typedef ELEMENT NAME(octet) __attribute__((ext_vector_type(8)));

INLINE NAME(keys) NAME(load)(const NAME(element) *elements) {
  NAME(elements) loaded;
  memcpy(&loaded, elements, LANES * sizeof(ELEMENT));
  return __builtin_convertvector(TO_KEYS(loaded), NAME(keys));
}

INLINE f64x8 NAME(doubles)(const NAME(element) *elements) {
  NAME(octet) loaded;
  memcpy(&loaded, elements, sizeof loaded);
  return __builtin_convertvector(TO_KEYS(loaded), f64x8);
}

INLINE KEY NAME(key)(ELEMENT element) { return (KEY)TO_KEYS((NAME(octet))element)[0]; }

// MARK: Sums

#if !IS_FLOAT
static block_sum NAME(exact_sum)(const void *block, size_t count) {
  const NAME(element) *elements = block;
#ifdef TOTAL
  TOTAL total = 0;
  for (size_t index = 0; index < count; index++) total += (TOTAL)TO_KEYS(elements[index]);
  __int128 sum = total;
#else
  u64x8 totals = 0, uppers = 0;
  size_t index = 0;
  for (; index + 8 <= count; index += 8) {
    u64x8 loaded;
    memcpy(&loaded, elements + index, sizeof loaded);
    totals += loaded;
    uppers += (loaded ^ BIAS) >> 32;
  }
  uint64_t total = __builtin_reduce_add(totals), upper = __builtin_reduce_add(uppers);
  for (; index < count; index++) {
    uint64_t element = (uint64_t)elements[index];
    total += element;
    upper += (element ^ BIAS) >> 32;
  }
  // What the total has lost is in the upper halves, and these leave no more of it than the lower halves of a block.
  uint64_t lower = total + (uint64_t)count * BIAS - (upper << 32);
  __int128 sum = ((__int128)upper << 32) + lower - (__int128)count * BIAS;
#endif
  return (block_sum){.low = (uint64_t)sum, .high = (int64_t)(sum >> 64)};
}
#endif

// One run after the other, from the first byte to the last, which processors see coming: on an AMD EPYC it is 1.6 times as
// fast as four streams side by side, and asking for memory ahead (prefetching) makes it slower.
static f64x8 NAME(lane_sums)(const NAME(element) *elements, size_t start, size_t end, const double *mean) {
  if (end - start > 16) {
    size_t middle = start + (end - start) / 2;
    f64x8 first = NAME(lane_sums)(elements, start, middle, mean);
    return first + NAME(lane_sums)(elements, middle, end, mean);
  }
  f64x8 sums = 0;
  if (mean == NULL) {
    for (size_t octet = start; octet < end; octet++) sums += NAME(doubles)(elements + 8 * octet);
  } else {
    for (size_t octet = start; octet < end; octet++) {
      f64x8 deviations = NAME(doubles)(elements + 8 * octet) - *mean;
      sums += deviations * deviations;
    }
  }
  return sums;
}

static double NAME(sum_of_terms)(const NAME(element) *elements, size_t count, const double *mean) {
  f64x8 lanes = NAME(lane_sums)(elements, 0, count / 8, mean);
  for (size_t index = count / 8 * 8; index < count; index++) {
    double element = (double)NAME(key)(elements[index]);
    double deviation = mean == NULL ? 0 : element - *mean;
    lanes[index % 8] += mean == NULL ? element : deviation * deviation;
  }
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

static double NAME(pairwise_sum)(const void *block, size_t count) { return NAME(sum_of_terms)(block, count, NULL); }

static double NAME(squared_deviations)(const void *block, size_t count, double mean) {
  return NAME(sum_of_terms)(block, count, &mean);
}

// MARK: Extremes

/// Finds the first of a key, or of a NaN if it is one.
INLINE block_extreme NAME(located)(const NAME(element) *elements, size_t start, size_t count, KEY key) {
  bool is_nan = key != key;
  size_t index = start;
  for (; index + LANES <= count; index += LANES) {
    NAME(keys) keys = NAME(load)(elements + index);
    if (__builtin_reduce_or(is_nan ? keys != keys : keys == key)) break;
  }
  for (; index < count; index++) {
    KEY found = NAME(key)(elements[index]);
    if (is_nan ? found != found : found == key) {
      // As it is there: a zero has a sign.
      if (!is_nan) key = found;
      break;
    }
  }
  block_extreme extreme = {.key = 0, .index = index < count ? index : start};
  memcpy(&extreme.key, &key, sizeof key);
  return extreme;
}

/// Finds the extremes of an element or more; those that are not wanted are left alone. False if there is a NaN.
INLINE bool NAME(group_extremes)(
  const NAME(element) *elements, size_t count, bool wants_least, bool wants_greatest, KEY *least, KEY *greatest) {
  KEY minimum = NAME(key)(elements[0]), maximum = minimum;
  bool is_ordered = minimum == minimum;
  size_t index = 0;
  if (count >= LANES) {
    NAME(keys) minima = NAME(load)(elements), maxima = minima;
    __typeof__(minima != minima) unordered = minima != minima;
    for (index = LANES; index + LANES <= count; index += LANES) {
      NAME(keys) keys = NAME(load)(elements + index);
      if (wants_least) minima = keys < minima ? keys : minima;
      if (wants_greatest) maxima = keys > maxima ? keys : maxima;
      if (IS_FLOAT) unordered |= keys != keys;
    }
    is_ordered = !IS_FLOAT || !__builtin_reduce_or(unordered);
    minimum = __builtin_reduce_min(minima);
    maximum = __builtin_reduce_max(maxima);
  }
  for (; index < count; index++) {
    KEY key = NAME(key)(elements[index]);
    minimum = key < minimum ? key : minimum;
    maximum = key > maximum ? key : maximum;
    is_ordered = is_ordered && key == key;
  }
  *least = minimum;
  *greatest = maximum;
  return is_ordered;
}

INLINE void NAME(find_extremes)(
  const NAME(element) *elements, size_t count, block_extreme *least, block_extreme *greatest) {
  // What a group found is remembered with where it begins: only one group of a block is read twice for each extreme,
  // and that is in the fastest cache.
  const size_t group = 4096 / sizeof(ELEMENT);
  size_t least_start = 0, greatest_start = 0;
  KEY minimum = 0, maximum = 0;
  for (size_t start = 0; start < count; start += group) {
    KEY lower, upper;
    size_t length = count - start < group ? count - start : group;
    if (!NAME(group_extremes)(elements + start, length, least != NULL, greatest != NULL, &lower, &upper)) {
#if IS_FLOAT
      minimum = maximum = (KEY)NAN;
#endif
      least_start = greatest_start = start;
      break;
    }
    if (start == 0 || lower < minimum) minimum = lower, least_start = start;
    if (start == 0 || upper > maximum) maximum = upper, greatest_start = start;
  }
  if (least != NULL) *least = NAME(located)(elements, least_start, count, minimum);
  if (greatest != NULL) *greatest = NAME(located)(elements, greatest_start, count, maximum);
}

static void NAME(extremes)(const void *block, size_t count, block_extreme *least, block_extreme *greatest) {
  // Compiled for each of the cases.
  if (least != NULL && greatest != NULL) NAME(find_extremes)(block, count, least, greatest);
  else if (least != NULL) NAME(find_extremes)(block, count, least, NULL);
  else if (greatest != NULL) NAME(find_extremes)(block, count, NULL, greatest);
}

static const block_kernel NAME(kernel) = {
#if !IS_FLOAT
  .exact_sum = NAME(exact_sum),
#endif
  .pairwise_sum = NAME(pairwise_sum),
  .squared_deviations = NAME(squared_deviations),
  .extremes = NAME(extremes),
};

#undef NAME
#undef TYPE
#undef ELEMENT
#undef KEY
#undef LANES
#undef TOTAL
#undef BIAS
