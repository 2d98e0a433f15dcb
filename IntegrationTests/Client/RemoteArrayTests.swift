import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// The typed client against a model of each array.
struct RemoteArrayTests {
  let server: ModuleServer

  init() throws {
    server = try ModuleServer(protocolVersion: .resp3)
  }

  @Test("what is written is read, to the last bit", arguments: ElementCase.numbers, [ArrayFormat.npy, .raw])
  func elements(type: ElementCase, format: ArrayFormat) throws {
    func test<Element: ModelElement & ArrayElement>(_: Element.Type) throws {
      var random = SeededGenerator(seed: 1)
      let samples = Element.edges + Element.samples(5000, using: &random)
      let array = try RemoteArray<Element>.map("file", to: "a", on: server.connection, format: format)
      #expect(try array.append(contentsOf: samples) == samples.count)
      #expect(try array.count == samples.count)
      #expect(try array.elements().isSame(as: samples))
      for range in [0..<0, 0..<1, 7..<4000, 4999..<samples.count, samples.count - 1..<Int.max, -5..<3, 9..<Int.max] {
        let expected = Array(samples[range.clamped(to: samples.indices)])
        #expect(try array[range].isSame(as: expected), "\(range)")
      }
      for index in [0, 1, 4000, samples.count - 1] {
        let element = try array[index]
        #expect([try #require(element)].isSame(as: [samples[index]]))
      }
      for index in [-1, samples.count, Int.min, Int.max] { #expect(try array[index] == nil) }

      let indexes = (0..<300).map { _ in Int.random(in: 0..<samples.count, using: &random) }
      let found = try array.elements(at: [samples.count] + indexes)
      #expect(found.first == .some(nil))
      #expect(found.dropFirst().compactMap { $0 }.isSame(as: indexes.map { samples[$0] }))
      #expect(try array.elements(at: EmptyCollection()) == [])

      let ranges = (0..<600).map { _ in
        let start = Int.random(in: 0..<samples.count, using: &random)
        return start..<start + Int.random(in: 0..<100, using: &random)
      }
      let rows = try array.elements(inEach: ranges)
      let expected = ranges.map { Array(samples[$0.clamped(to: samples.indices)]) }
      #expect(rows.count == expected.count && zip(rows, expected).allSatisfy { $0.isSame(as: $1) })
      #expect(try array.elements(inEach: []) == [])
    }
    try test(type.client)
  }

  @Test("ranges go into the caller's memory", arguments: ElementCase.numbers)
  func memory(type: ElementCase) throws {
    func test<Element: ModelElement & ArrayElement>(_: Element.Type) throws {
      let array = try RemoteArray<Element>.map("file", to: "a", on: server.connection)
      try array.append(contentsOf: Element.edges)
      let count = Element.edges.count
      var room = [Element](repeating: .zero, count: 4)
      #expect(try read(array, 1, into: &room) == 4)
      #expect(room.isSame(as: Array(Element.edges[1..<5])))
      #expect(try read(array, count - 2, into: &room) == 2)
      #expect(room.isSame(as: Array(Element.edges[(count - 2)...] + Element.edges[3..<5])))
      #expect(try read(array, Int.max, into: &room) == 0)
      #expect(throws: ClientError.typeMismatch(expected: "an index of 0 or more", found: "-1")) {
        try read(array, -1, into: &room)
      }
      var nothing: [Element] = []
      #expect(try read(array, 0, into: &nothing) == 0)
      #expect(try array.count == count)
    }
    try test(type.client)
  }

  private func read<Element>(
    _ array: RemoteArray<Element>, _ index: Int, into room: inout [Element]
  ) throws(ClientError) -> Int {
    var span = room.mutableSpan
    return try array.read(from: index, into: &span)
  }

  @Test("every way to change an array", arguments: ElementCase.numbers)
  func changes(type: ElementCase) throws {
    func test<Element: ModelElement & ArrayElement>(_: Element.Type) throws {
      var random = SeededGenerator(seed: 2)
      let array = try RemoteArray<Element>.map("file", to: "a", on: server.connection)
      var model = Element.samples(100, using: &random)
      // The macro may not hold a span.
      let added = try array.append(contentsOf: model.span)
      #expect(added == 100)
      #expect(try array.add(model[5], model[6]) == 2)
      model += [model[5], model[6]]
      // Neither of them keeps its elements side by side.
      #expect(try array.append(contentsOf: model[3..<9].lazy.map { $0 }) == 6)
      model += model[3..<9]
      #expect(try array.append(contentsOf: Set([model[0]])) == 1)
      model.append(model[0])
      #expect(try array.append(contentsOf: []) == 0)
      #expect(try array.elements().isSame(as: model))

      let piece = Element.samples(20, using: &random)
      #expect(try array.write(piece, at: 30) == 20)
      model.replaceSubrange(30..<50, with: piece)
      let rest = piece[4...]
      let written = try array.write(rest.span, at: model.count + 3)
      #expect(written == 16)
      model += Array(repeating: .zero, count: 3) + rest
      #expect(try array.elements().isSame(as: model))
      for edge in Element.edges {
        #expect(try array.set(edge, at: 7))
        let element = try array[7]
        #expect([try #require(element)].isSame(as: [edge]))
      }
      model[7] = try #require(Element.edges.last)
      #expect(try array.set(.zero, at: model.count) == false)

      #expect(try array.fill(10..<20, with: piece[0]) == 10)
      model.replaceSubrange(10..<20, with: Array(repeating: piece[0], count: 10))
      #expect(try array.fill(0..<0, with: piece[1]) == 0)
      #expect(try array.fill(model.count..<Int.max, with: piece[1]) == 0)
      let last = try array.popLast()
      #expect([try #require(last)].isSame(as: [model.removeLast()]))
      #expect(try array.elements().isSame(as: model))
      try array.synchronize()

      try array.resize(to: 5)
      #expect(try array.count == 5)
      #expect(try array.fill(with: piece[2]) == 5)
      #expect(try array.elements().isSame(as: Array(repeating: piece[2], count: 5)))
      #expect(try array.removeAll() == 5)
      #expect(try array.popLast() == nil)
      #expect(try array.elements().isEmpty)
    }
    try test(type.client)
  }

  @Test("aggregates and searches", arguments: ElementCase.numbers)
  func analysis(type: ElementCase) throws {
    func test<Element: ModelElement & ArrayElement>(_: Element.Type) throws {
      let array = try RemoteArray<Element>.map("file", to: "a", on: server.connection)
      let (one, seven) = (try element("1", Element.self), try element("7", Element.self))
      let nothing = try array.aggregate(
        .sum, .minimum, .maximum, .mean, .variance, .standardDeviation, .indexOfMinimum, .indexOfMaximum)
      #expect("\(nothing.0)" == (type.isFloat ? "0.0" : "0"))
      #expect(nothing.1 == nil && nothing.2 == nil && nothing.3 == nil && nothing.4 == nil && nothing.5 == nil)
      #expect(nothing.6 == nil && nothing.7 == nil)

      try array.append(contentsOf: [one, seven, one, seven, one])
      #expect("\(try array.aggregate(.sum))" == (type.isFloat ? "17.0" : "17"))
      let (sum, mean, deviation) = try array.aggregate(.sum, .mean, .standardDeviation, over: 0..<4)
      #expect("\(sum)" == (type.isFloat ? "16.0" : "16"))
      #expect(mean.map { "\($0)" } == "4.0" && deviation.map { "\($0)" } == "3.0")
      let (least, greatest) = try array.aggregate(.minimum, .maximum, over: 1..<2)
      #expect(least == seven && greatest == seven)
      let (first, last) = try array.aggregate(.indexOfMinimum, .indexOfMaximum, over: 1..<Int.max)
      #expect(first == 2 && last == 1)

      #expect(try array.indexes(of: .equal, one) == [0, 2, 4])
      #expect(try array.indexes(of: .greater, one, in: 2..<Int.max) == [3])
      #expect(try array.indexes(of: .lessOrEqual, seven, limit: 2) == [0, 1])
      #expect(try array.indexes(of: .less, one) == [])
      #expect(try array.indexes(of: .notEqual, one, in: 0..<0) == [])
      #expect(try array.indexes(of: .greaterOrEqual, seven) == [1, 3])
      try array.removeAll()
      try array.add(one, one, seven)
      #expect(try array.searchSorted(one) == 0)
      #expect(try array.searchSorted(one, side: .right) == 2)
      #expect(try array.searchSorted(seven) == 2)
    }
    try test(type.client)
  }

  private func element<Element: ReplyValue>(_ text: String, _: Element.Type) throws(ClientError) -> Element {
    try Element(.bulk(text))
  }

  @Test("sums beyond an element's type, and 64 bits")
  func largeSums() throws {
    for version in ProtocolVersion.allCases {
      let connection = try server.live.connect(protocolVersion: version)
      let words = try RemoteArray<UInt64>.map("words", to: "words", on: connection)
      try words.removeAll()
      try words.add(.max, .max)
      #expect(try words.aggregate(.sum) == 2 * Int128(UInt64.max))
      #expect(try words[1] == .max)
      #expect(try words.popLast() == .max)
      let bytes = try RemoteArray<Int8>.map("bytes", to: "bytes", on: connection)
      try bytes.add(-128, -128)
      #expect(try bytes.aggregate(.sum, over: 0..<2) == -256)
    }
  }

  @Test("increments")
  func increments() throws {
    let bytes = try RemoteArray<UInt8>.map("bytes", to: "bytes", on: server.connection)
    try bytes.add(250, 5)
    #expect(try bytes.incremented(at: 1, by: -2) == 3)
    #expect(try bytes.incremented(at: 0, by: 10, overflow: .saturate) == 255)
    #expect(try bytes.incremented(at: 0, by: 2, overflow: .wrap) == 1)
    #expect(try bytes.incremented(at: 2, by: 1) == nil)
    let error = try #require(throws: ClientError.self) { try bytes.incremented(at: 0, by: -2) }
    guard case .server("ERR", _) = error else { throw error }
    #expect(try bytes.elements() == [1, 3])
    let floats = try RemoteArray<Float>.map("floats", to: "floats", on: server.connection)
    try floats.add(0.5)
    #expect(try floats.incremented(at: 0, by: -0.25) == 0.25)
  }

  @Test("more than one command can carry")
  func pieces() throws {
    let array = try RemoteArray<Double>.map("file", to: "a", on: server.connection, format: .raw)
    // Three pieces, the last of them short. Comparing the bytes at once is faster than one element after the other.
    var numbers = [Double](repeating: 0, count: 2 * (64 << 20) / 8 + 1000)
    for index in stride(from: 0, to: numbers.count, by: 999) { numbers[index] = Double(index) }
    #expect(try array.append(contentsOf: numbers) == numbers.count)
    #expect(try same(array.elements(), numbers))
    #expect(try array.write(numbers, at: 1) == numbers.count)
    #expect(try array.count == numbers.count + 1)
    #expect(try same(array[1..<Int.max], numbers))
  }

  private func same(_ first: [Double], _ second: [Double]) -> Bool {
    first.withUnsafeBytes { first in
      second.withUnsafeBytes { second in
        guard let start = first.baseAddress, let other = second.baseAddress else { return first.count == second.count }
        return first.count == second.count && memcmp(start, other, first.count) == 0
      }
    }
  }
}

extension ElementCase {
  /// The number type of Swift that holds the elements.
  var client: any (ModelElement & ArrayElement).Type {
    model as? any (ModelElement & ArrayElement).Type ?? Double.self
  }
}
