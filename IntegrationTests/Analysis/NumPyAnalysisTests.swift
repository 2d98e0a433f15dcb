import MappedArrayClient
import Testing

/// Aggregates and searches against NumPy's results on the same file.
struct NumPyAnalysisTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  private func put(_ script: String, _ type: ElementCase, _ keys: [String]) throws {
    let quiz = try NumPyQuiz(NumPyAnalysisTests.definitions + script, type: type, directory: server.path())
    for key in keys { try server.connection("MMAP", key, key + ".npy", "READONLY") }
    try quiz.put(to: server.connection)
  }

  /// Data and questions. Sums are taken of halves of 32 bits, so that they are exact, and of doubles: NumPy adds up
  /// float32 in float32.
  private static let definitions = """
    import types

    random = numpy.random.default_rng(20250704)

    if is_float:
        limits = numpy.finfo(dtype)
        edges = [-numpy.inf, limits.min, -1, -limits.smallest_subnormal, -0.0, 0, limits.tiny, 1, limits.max, numpy.inf]
    else:
        limits = numpy.iinfo(dtype if dtype.kind != 'b' else 'u1')
        if dtype.kind == 'b':
            limits = types.SimpleNamespace(min=0, max=1)
        edges = [limits.min, limits.min + 1, 0, 1, limits.max - 1, limits.max]
    edges = numpy.array(edges, dtype)

    def numbers(count):
        if is_float:
            return (random.standard_normal(count) * 10.0 ** random.integers(-3, 4, count)).astype(dtype)
        if dtype.kind == 'b':
            return random.integers(0, 2, count).astype(dtype)
        return random.integers(limits.min, limits.max, count, dtype, endpoint=True)

    def save(key, values):
        numpy.save(directory + key, values)
        return values

    def exact_sum(part):
        if dtype.itemsize < 8:
            return int(part.sum(dtype='int64'))
        return (int((part >> dtype.type(32)).sum()) << 32) + int((part & dtype.type(0xFFFFFFFF)).sum())

    def aggregate(key, values, start, stop):
        part = values[start:stop + 1] if stop >= start else values[:0]
        words = f'MMAP.AGG {key} {start} {stop} '
        if len(part) == 0:
            ask(words + 'SUM', 0.0 if is_float else 0)
            for name in 'MIN', 'MAX', 'MEAN', 'VAR', 'STD', 'ARGMIN', 'ARGMAX':
                ask(words + name, None)
            return
        kind = float if is_float else int
        ask(words + 'MIN', kind(part.min()))
        ask(words + 'MAX', kind(part.max()))
        ask(words + 'ARGMIN', start + int(part.argmin()))
        ask(words + 'ARGMAX', start + int(part.argmax()))
        doubles = part.astype('float64')
        # Four units in the last place of what is added up, in the type of the result.
        unit = 4 * (numpy.finfo(dtype).eps if is_float else numpy.finfo('float64').eps)
        size = numpy.abs(doubles).sum()
        mean = doubles.mean()
        variance = doubles.var()
        rounded = (lambda value: dtype.type(value)) if is_float else float
        ask(words + 'SUM', rounded(doubles.sum()) if is_float else exact_sum(part), unit * size)
        ask(words + 'MEAN', rounded(mean), unit * size / len(part))
        ask(words + 'VAR', rounded(variance), 4 * unit * (variance + mean * mean))
        ask(words + 'STD', rounded(doubles.std()), 4 * unit * (doubles.std() + abs(mean)))

    def find(key, values, start, stop, name, value, limit=None):
        part = values[start:stop + 1] if stop >= start else values[:0]
        compare = dict(GT=numpy.greater, GE=numpy.greater_equal, LT=numpy.less, LE=numpy.less_equal,
                       EQ=numpy.equal, NE=numpy.not_equal)[name]
        found = (numpy.nonzero(compare(part, value))[0] + start)[:limit].tolist()
        ask(f'MMAP.FIND {key} {start} {stop} {name} {text(value)}' + (f' LIMIT {limit}' if limit is not None else ''), found)

    def search(key, values, value):
        ask(f'MMAP.SEARCHSORTED {key} {text(value)}', int(numpy.searchsorted(values, value)))
        for side in 'left', 'right':
            ask(f'MMAP.SEARCHSORTED {key} {text(value)} {side}', int(numpy.searchsorted(values, value, side)))

    COMPARISONS = 'GT', 'GE', 'LT', 'LE', 'EQ', 'NE'

    """

  @Test("small arrays: ranges of all kinds, the types' limits, infinities", arguments: ElementCase.all)
  func small(type: ElementCase) throws {
    try put(
      """
      for key, values in [('numbers', numbers(3000)), ('edges', random.choice(edges, 700)),
                          ('same', numpy.full(1000, edges[3])), ('one', edges[:1]), ('none', edges[:0])]:
          save(key, values)
          count = len(values)
          ranges = [(0, count - 1), (0, 0), (count - 1, count - 1), (5, 4), (count, count + 5)]
          ranges += [tuple(sorted(random.integers(0, count, 2).tolist())) for _ in range(6 if count else 0)]
          for start, stop in ranges:
              part = values[start:stop + 1] if stop >= start else values[:0]
              # What the order of additions decides is not asked: it overflows in one and not in another.
              if not is_float or key != 'edges':
                  aggregate(key, values, start, stop)
              elif len(part):
                  for name, function in ('MIN', numpy.min), ('MAX', numpy.max):
                      ask(f'MMAP.AGG {key} {start} {stop} {name}', float(function(part)))
                  for name, function in ('ARGMIN', numpy.argmin), ('ARGMAX', numpy.argmax):
                      ask(f'MMAP.AGG {key} {start} {stop} {name}', start + int(function(part)))
              for name in COMPARISONS:
                  for value in [values[count // 2] if count else edges[1], random.choice(edges)]:
                      find(key, values, start, stop, name, value, [None, 0, 1, 7][random.integers(4)])
      """, type, ["numbers", "edges", "same", "one", "none"])
  }

  @Test("NaN among the numbers", arguments: ElementCase.all.filter(\.isFloat))
  func notANumber(type: ElementCase) throws {
    try put(
      """
      values = numbers(2000)
      values[random.integers(0, 2000, 5)] = numpy.nan
      values[7] = numpy.inf
      save('numbers', values)
      save('infinities', numpy.array([1, numpy.inf, -numpy.inf, 3], dtype))
      for start, stop in [(0, 1999), (0, 1), (5, 9), (7, 7)] + [(i, i) for i in numpy.nonzero(numpy.isnan(values))[0]]:
          aggregate('numbers', values, start, stop)
      for name in COMPARISONS:
          for value in numpy.nan, numpy.inf, -numpy.inf, 0.0, values[3]:
              find('numbers', values, 0, 1999, name, value)
      for stop in range(4):
          aggregate('infinities', numpy.load(directory + 'infinities.npy'), 0, stop)
      """, type, ["numbers", "infinities"])
  }

  @Test("sorted arrays", arguments: ElementCase.all)
  func sorted(type: ElementCase) throws {
    try put(
      """
      mixed = numpy.concatenate([numbers(500), numpy.repeat(edges, 20)])
      if is_float:
          mixed = numpy.concatenate([mixed, numpy.repeat(numpy.array([numpy.nan], dtype), 3)])
      for key, values in ('sorted', numpy.sort(mixed)), ('one', edges[2:3]), ('none', edges[:0]):
          save(key, values)
          for value in [*edges, *numbers(60), *values[::50]] + ([dtype.type(numpy.nan)] if is_float else []):
              search(key, values, value)
      """, type, ["sorted", "one", "none"])
  }

  @Test("10^6 to 10^7 elements, in slices", arguments: ElementCase.all)
  func large(type: ElementCase) throws {
    try put(
      """
      count = 10_000_000 if dtype.itemsize == 1 else 3_000_000 if dtype.itemsize == 2 else 1_500_000
      values = numbers(count)
      values[random.integers(0, count, 40)] = edges[1]
      values[-2] = edges[-1]
      if is_float:
          values = numpy.where(numpy.abs(values) < 1e30, values, dtype.type(2))
      save('numbers', values)
      for start, stop in (0, count - 1), (1, count - 2), (count // 3, count // 3 * 2):
          aggregate('numbers', values, start, stop)
      for name in COMPARISONS:
          find('numbers', values, 3, count - 1, name, values[count // 2], 2000)
      find('numbers', values, 0, count - 1, 'EQ', values[count - 7], None if dtype.itemsize > 1 else 50_000)
      values.sort()
      save('sorted', values)
      for value in [*edges, *numbers(30)]:
          search('sorted', values, value)
      """, type, ["numbers", "sorted"])
  }
}
