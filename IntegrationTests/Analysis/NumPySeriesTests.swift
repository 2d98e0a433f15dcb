import MappedArrayClient
import Testing

/// Buckets, points, quantiles and histograms against NumPy's results on the same file.
struct NumPySeriesTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  private func put(_ script: String, _ type: ElementCase, _ keys: [String]) throws {
    let quiz = try NumPyQuiz(NumPySeriesTests.definitions + script, type: type, directory: server.path())
    for key in keys { try server.connection("MMAP", key, key + ".npy", "READONLY") }
    try quiz.put(to: server.connection)
  }

  private static let definitions = """
    import math

    random = numpy.random.default_rng(20251117)
    limits = numpy.finfo(dtype) if is_float else numpy.iinfo(dtype) if dtype.kind != 'b' else None

    def numbers(count):
        if is_float:
            return (random.standard_normal(count) * 10.0 ** random.integers(-3, 4, count)).astype(dtype)
        if dtype.kind == 'b':
            return random.integers(0, 2, count).astype(dtype)
        return random.integers(limits.min, limits.max, count, dtype, endpoint=True)

    def plain(values):
        # NumPy computes neither quantiles nor histograms of truth values.
        return values.astype('u1') if dtype.kind == 'b' else values

    def save(key, values):
        numpy.save(directory + key, values)
        return values

    def ranges(count, some):
        yield from [(0, count - 1), (0, 0), (count - 1, count - 1), (5, 4), (count, count + 5)]
        for _ in range(some if count else 0):
            yield tuple(sorted(random.integers(0, count, 2).tolist()))

    def buckets(key, values, start, stop, n):
        part = values[start:stop + 1] if stop >= start else values[:0]
        words = f'MMAP.BUCKETS {key} {start} {stop} {n} '
        count = min(n, len(part))
        edges = [i * len(part) // count for i in range(count)] + [len(part)]
        pieces = [(start + a, part[a:b]) for a, b in zip(edges, edges[1:])]
        ask_nested(words + 'FIRST LAST MIN MAX ARGMIN ARGMAX COUNT',
            [[piece[0], piece[-1], piece.min(), piece.max(), a + int(piece.argmin()), a + int(piece.argmax()), len(piece)]
             for a, piece in pieces])

    def ask_nested(words, rows):
        # Elements are NumPy's, indexes and counts Python's.
        print(words, 'numbers', ' '.join(text(value) if isinstance(value, numpy.generic) else str(value)
                                         for row in rows for value in row), sep='\\t')

    def bucket_statistics(key, values, start, stop, n):
        part = values[start:stop + 1]
        unit = 8 * (numpy.finfo(dtype).eps if is_float else numpy.finfo('float64').eps)
        rounded = (lambda value: float(dtype.type(value))) if is_float else float
        results = []
        for i in range(n):
            piece = part[i * len(part) // n:(i + 1) * len(part) // n]
            doubles = piece.astype('float64')
            size, mean, variance = numpy.abs(doubles).sum(), doubles.mean(), doubles.var()
            results.append(f'{rounded(doubles.sum())!r}:{unit * size}' if is_float else str(sum(map(int, piece))))
            results.append(f'{rounded(mean)!r}:{unit * size / len(piece)}')
            results.append(f'{rounded(variance)!r}:{4 * unit * (variance + mean * mean)}')
            results.append(f'{rounded(doubles.std())!r}:{4 * unit * (doubles.std() + abs(mean))}')
        print(f'MMAP.BUCKETS {key} {start} {stop} {n} SUM MEAN VAR STD', 'numbers', ' '.join(results), sep='\\t')

    def downsample(key, values, start, stop, n):
        part = values[start:stop + 1] if stop >= start else values[:0]
        y, x = part.astype('float64'), numpy.arange(len(part), dtype='float64')
        if n >= len(part):
            chosen = range(len(part))
        elif n == 2:
            chosen = [0, len(part) - 1]
        else:
            every = (len(part) - 2) / (n - 2)
            edges = [min(int(i * every) + 1, len(part)) for i in range(n)]
            chosen = [0]
            for i in range(n - 2):
                a, b, c, corner = edges[i], edges[i + 1], edges[i + 2], chosen[-1]
                mean = math.fsum(y[b:c]) / (c - b)
                areas = numpy.abs((x[corner] - x[b:c].mean()) * (y[a:b] - y[corner])
                                  - (x[corner] - x[a:b]) * (mean - y[corner]))
                chosen.append(a + int(areas.argmax()))
            chosen.append(len(part) - 1)
        ask_nested(f'MMAP.DOWNSAMPLE {key} {start} {stop} {n}', [[start + i, part[i]] for i in chosen])

    def quantile(key, values, start, stop, q):
        part = plain(values[start:stop + 1])
        # Of the differences of integers NumPy takes what is left after they wrapped around.
        expected = numpy.quantile(part, q) if len(part) > 300 or is_float else numpy.quantile(part.astype('O'), q)
        if dtype == 'f2' and q == 1.0 and len(part) > 65504:
            # Beyond 65504 elements NumPy's index of the last one is infinite.
            expected = part.max()
        ask(f'MMAP.QUANTILE {key} {start} {stop} {q!r}', float(expected))

    def histogram(key, values, start, stop, bins, bounds=None):
        part = plain(values[start:stop + 1] if stop >= start else values[:0])
        try:
            edges = numpy.histogram_bin_edges(part, bins, bounds)
        except ValueError:
            return
        if dtype == 'f2':
            # NumPy computes the bins of elements in their own type, and is several off.
            counts, _ = numpy.histogram(part.astype('f8'), edges.astype('f8'))
        else:
            counts, _ = numpy.histogram(part, bins, bounds)
        words = '' if bounds is None else f' {bounds[0]!r} {bounds[1]!r}'
        ask(f'MMAP.HISTOGRAM {key} {start} {stop} {bins}{words}', counts.tolist())

    """

  @Test("buckets of ranges of all kinds", arguments: ElementCase.all)
  func buckets(type: ElementCase) throws {
    try put(
      """
      for key, values in ('numbers', numbers(3000)), ('same', numpy.full(500, dtype.type(7))), ('one', numbers(1)):
          save(key, values)
          for start, stop in ranges(len(values), 6):
              for n in 1, 2, 7, 100, 4000:
                  buckets(key, values, start, stop, n)
      """, type, ["numbers", "same", "one"])
  }

  @Test("NaN and infinities in buckets", arguments: ElementCase.all.filter(\.isFloat))
  func oddBuckets(type: ElementCase) throws {
    try put(
      """
      values = numbers(2000)
      values[random.integers(0, 2000, 30)] = numpy.nan
      values[random.integers(0, 2000, 30)] = numpy.inf
      values[random.integers(0, 2000, 30)] = -numpy.inf
      save('numbers', values)
      for n in 1, 3, 20, 200, 2000:
          buckets('numbers', values, 0, 1999, n)
      """, type, ["numbers"])
  }

  @Test("sums, means and variances of buckets", arguments: ElementCase.all)
  func statistics(type: ElementCase) throws {
    try put(
      """
      values = save('numbers', numbers(120_000))
      for n in 1, 3, 10:
          bucket_statistics('numbers', values, 5, 119_990, n)
      """, type, ["numbers"])
  }

  @Test("points that look like a range", arguments: ElementCase.all)
  func points(type: ElementCase) throws {
    try put(
      """
      walk = numpy.cumsum(random.integers(-3, 4, 5000))
      walk = (walk - walk.min()) / (walk.max() - walk.min()) * 100
      for key, values in ('numbers', numbers(3000)), ('walk', (walk if is_float else walk.round()).astype(dtype)), \\
                         ('few', numbers(5)):
          save(key, values)
          for start, stop in ranges(len(values), 5):
              for n in 2, 3, 4, 17, 100, 2999:
                  downsample(key, values, start, stop, n)
      """, type, ["numbers", "walk", "few"])
  }

  @Test("quantiles", arguments: ElementCase.all)
  func quantiles(type: ElementCase) throws {
    try put(
      """
      # Few different ones and many; small ranges, and one that is more than is collected at once.
      for key, values in ('numbers', numbers(3000)), ('same', numpy.full(500, dtype.type(7))), ('many', numbers(700_000)), \\
                         ('narrow', numbers(9) if dtype.kind == 'b'
                          else (numpy.full(700_000, limits.max, dtype) - random.integers(0, 50, 700_000).astype(dtype))):
          save(key, values)
          parts = [0.0, 1.0, 0.5, 0.25, 0.99, 0.001, 1 / 3, float(random.random())]
          for start, stop in [(0, len(values) - 1), (3, len(values) // 2)] + [(9, 9), (10, 11), (20, 300)] * (key == 'numbers'):
              for q in parts:
                  quantile(key, values, start, stop, q)
      """, type, ["numbers", "same", "many", "narrow"])
  }

  @Test("quantiles with NaN and infinities", arguments: ElementCase.all.filter(\.isFloat))
  func oddQuantiles(type: ElementCase) throws {
    try put(
      """
      values = numbers(1000)
      values[[3, 500, 700]] = [numpy.nan, numpy.inf, -numpy.inf]
      values[[501, 502]] = [0.0, -0.0]
      save('numbers', values)
      for start, stop in (0, 999), (4, 999), (4, 499), (501, 501), (500, 502), (3, 3):
          for q in 0.0, 1.0, 0.5, 0.002, 0.75:
              quantile('numbers', values, start, stop, q)
      """, type, ["numbers"])
  }

  @Test("histograms", arguments: ElementCase.all)
  func histograms(type: ElementCase) throws {
    try put(
      """
      some = random.integers(0, 101, 3000).astype(dtype)
      for key, values in ('numbers', numbers(3000)), ('some', some), ('same', numpy.full(500, dtype.type(7))):
          save(key, values)
          # Doubles tell integers of 64 bits apart no more.
          is_large = key == 'numbers' and not is_float and dtype.itemsize == 8
          for start, stop in ranges(len(values), 4):
              for bins in (1, 2, 3, 10, 49, 100, 1000):
                  if not is_large:
                      histogram(key, values, start, stop, bins)
                  for bounds in [(0, 100), (10, 20), (0, 7), (7, 7), (0.5, 99.5), (-3.25, 1e4), (0.1, 0.7)]:
                      histogram(key, values, start, stop, bins, bounds)
      """, type, ["numbers", "some", "same"])
  }

  @Test("integers beyond 2^53 are counted apart", arguments: ["i64", "u64"])
  func largeIntegers(type: String) throws {
    let type = try #require(ElementCase.all.first { $0.name == type })
    try put(
      """
      def exact(values, bins, low, high):
          counts = [0] * bins
          for value in map(int, values):
              if low <= value <= high:
                  counts[min((value - low) * bins // (high - low), bins - 1)] += 1
          return counts

      base = int(limits.max) - 5000
      close = save('close', (base + random.integers(0, 3000, 2000)).astype(dtype) if dtype.kind == 'i'
                   else (numpy.uint64(base) + random.integers(0, 3000, 2000).astype(dtype)))
      wide = save('wide', numbers(3000))
      for key, values in ('close', close), ('wide', wide):
          low, high = int(values.min()), int(values.max())
          for bins in 1, 3, 10, 1000:
              ask(f'MMAP.HISTOGRAM {key} 0 -1 {bins}', exact(values, bins, low, high))
              ask(f'MMAP.HISTOGRAM {key} 0 -1 {bins} {base} {base + 900}', exact(values, bins, base, base + 900))
      """, type, ["close", "wide"])
  }

  @Test("10^6 to 10^7 elements, in slices", arguments: ElementCase.all)
  func large(type: ElementCase) throws {
    try put(
      """
      count = 10_000_000 if dtype.itemsize == 1 else 3_000_000 if dtype.itemsize == 2 else 1_500_000
      values = numbers(count)
      if is_float:
          values = numpy.where(numpy.abs(values) < 1e30, values, dtype.type(2))
      save('numbers', values)
      for start, stop in (0, count - 1), (1, count - 2), (count // 3, count // 3 * 2):
          buckets('numbers', values, start, stop, 100)
          downsample('numbers', values, start, stop, 50)
          for q in 0.5, 0.01:
              quantile('numbers', values, start, stop, q)
          if is_float or dtype.itemsize < 8:
              histogram('numbers', values, start, stop, 40)
      """, type, ["numbers"])
  }
}
