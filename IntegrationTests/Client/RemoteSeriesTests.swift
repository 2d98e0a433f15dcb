import MappedArrayClient
import Testing

/// What a client asks of a series, and gets as values of its own types.
struct RemoteSeriesTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer()
  }

  @Test("buckets, points, quantiles and histograms", arguments: ElementCase.numbers, ProtocolVersion.allCases)
  func series(type: ElementCase, version: ProtocolVersion) throws {
    func test<Element: ModelElement & ArrayElement>(_: Element.Type) throws {
      let connection = try server.live.connect(protocolVersion: version)
      try server.makeArray("a", type.name, .npy, ["0", "0", "9", "0", "0", "1", "2", "0"])
      let array = try RemoteArray<Element>("a", on: connection)
      func element(_ text: String) throws -> Element { try Element(.bulk(text)) }

      let (first, last, count) = try array.aggregate(.first, .last, .count, over: 2..<7)
      #expect(try first == element("9") && last == element("2") && count == 5)
      let buckets = try array.buckets(2, .maximum, .indexOfMaximum, .count)
      #expect(try buckets.map(\.0) == [element("9"), element("2")])
      #expect(buckets.map(\.1) == [2, 6] && buckets.map(\.2) == [4, 4])
      #expect(try array.buckets(3, .sum, over: 5..<5).isEmpty)
      #expect(try array.buckets(9, .count, over: 5..<Int.max).count == 3)

      let points = try array.downsampled(to: 4)
      #expect(points.map(\.index) == [0, 2, 4, 7])
      #expect(try points.map(\.value) == ["0", "9", "0", "0"].map(element))
      #expect(try array.downsampled(to: 4, in: 8..<9).isEmpty)

      let quantiles = try array.quantiles([0.5, 1, 0.75])
      #expect(quantiles.map { "\($0)" } == ["0.0", "9.0", "1.25"])
      #expect(try array.histogram(3) == [7, 0, 1])
      #expect(try array.histogram(2, between: element("1")...element("2"), in: 2..<7) == [1, 1])
    }
    try test(type.client)
  }

  @Test("on a connection for asynchronous code")
  func asynchronous() async throws {
    try server.makeArray("a", "f32", .npy, ["1", "5", "2", "7"])
    let connection = try await AsyncConnection(to: server.live.address, timeout: .seconds(20))
    let array = try await connection.array("a", of: Float.self)
    let sums: [Float] = try await array.buckets(2, .maximum, .sum).map(\.1)
    #expect(sums == [6, 9])
    #expect(try await array.downsampled(to: 2).map(\.index) == [0, 3])
    #expect(try await array.quantiles([0.5]) == [3.5])
    #expect(try await array.histogram(2, between: 0...4) == [1, 1])
  }

  @Test("what cannot be asked says what can")
  func refusals() throws {
    try server.makeArray("a", "f64", .npy, ["1", "nan", "3"])
    try server.makeArray("u", "u8", .npy, ["1", "2", "3"])
    for (words, error) in [
      ("MMAP.BUCKETS a 0 -1 0 SUM", "ERR n '0' is too small; give 1 or more"),
      ("MMAP.BUCKETS a 0 -1 2 MODE", "ERR operation 'MODE' is unknown; give SUM, MIN"),
      ("MMAP.BUCKETS a 0 -1 2", "ERR wrong number of arguments"),
      ("MMAP.DOWNSAMPLE a 0 -1 1", "ERR n '1' is too small; give 2 or more"),
      ("MMAP.QUANTILE a 0 -1 nan", "ERR q 'nan' is no part of a range: give a number from 0 to 1"),
      ("MMAP.QUANTILE a 0 -1 0.5 1.01", "ERR q '1.01' is no part of a range: give a number from 0 to 1"),
      ("MMAP.HISTOGRAM a 0 -1 0", "ERR bins '0' is too small; give 1 or more"),
      ("MMAP.HISTOGRAM a 0 -1 1048577", "ERR 1048577 bins are too many; give 1048576 or less"),
      (
        "MMAP.HISTOGRAM a 0 -1 3",
        "ERR the elements reach from nan to nan, which is no range for bins: give low and high"
      ),
      ("MMAP.HISTOGRAM a 0 -1 3 1", "ERR wrong number of arguments"),
      ("MMAP.HISTOGRAM a 0 -1 3 1 inf", "ERR '1' and 'inf' are no bounds: give two finite numbers"),
      ("MMAP.HISTOGRAM u 0 -1 3 x 4", "ERR 'x' and '4' are no bounds"),
      ("MMAP.HISTOGRAM a 0 -1 9 1e300 1e300", "ERR 9 bins from 1e+300 to 1e+300 would have no width in f64"),
    ] {
      for key in words.contains("1e300") || words.contains("HISTOGRAM a 0 -1 3") ? ["a"] : ["a", "none"] {
        let reply = try server.send(words.replacing(" a ", with: " \(key) ").split(separator: " ").map(String.init))
        guard case .error(let found) = reply else {
          Issue.record("\(words): \(reply)")
          continue
        }
        #expect("\(found)".contains(error.dropFirst(4)), "\(words)")
      }
    }
  }

  @Test("a key that does not exist is an empty array")
  func nothing() throws {
    #expect(try server("MMAP.BUCKETS", "none", 0, -1, 3, "SUM") == .array([]))
    #expect(try server("MMAP.DOWNSAMPLE", "none", 0, -1, 3) == .array([]))
    #expect(try server("MMAP.QUANTILE", "none", 0, -1, 0, 1) == .array([.bulk("nan"), .bulk("nan")]))
    #expect(try server("MMAP.HISTOGRAM", "none", 0, -1, 3, 5, 6) == .integers([0, 0, 0]))
  }

  @Test("more parts than fit in a reply are refused before anything is read")
  func tooMany() throws {
    try server.makeArray("a", "u8")
    try server("MMAP.RESIZE", "a", 2_000_000)
    for command in ["MMAP.BUCKETS a 0 -1 2000000 COUNT", "MMAP.DOWNSAMPLE a 0 -1 9223372036854775807"] {
      let reply = try server.send(command.split(separator: " ").map(String.init))
      guard case .error(let error) = reply else {
        Issue.record("\(command)")
        continue
      }
      #expect("\(error)".contains("too many for one command; give 1048576 or less, or a shorter range"))
    }
    #expect(try server("MMAP.BUCKETS", "a", 0, 4, Int.max, "COUNT").elements?.count == 5)
  }
}
