import Glibc
import MappedArray
import TestSupport
import Testing

/// The programs of the library's pages stand here or among the examples, and do what they should.
struct DocumentationTests {
  private static let top = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

  /// The programs in an article, in their order.
  private func programs(_ article: String) throws -> [String] {
    let page = try Files.text("\(Self.top)/Sources/MappedArray/MappedArray.docc/\(article).md")
    return page.matches(of: /(?s)```swift\n(.*?)```\n/).map { String($0.1) }
  }

  /// What stands in this file between two comments, moved to the left.
  private func program(after mark: String) throws -> String {
    let lines = try Files.text(#filePath).split(separator: "\n", omittingEmptySubsequences: false)
    let begin = try #require(lines.firstIndex { $0.hasSuffix("// \(mark)") })
    let end = try #require(lines[begin...].firstIndex { $0.hasSuffix("// Its end.") })
    return lines[begin + 1..<end].map { $0.dropFirst(6) + "\n" }.joined()
  }

  @Test("the first program of the library's page")
  func page() async throws {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      guard chdir(directory.path) == 0 else { fatalError() }
      // The page's program.
      var prices = try MappedArray<Float>(creating: "prices.npy")
      try prices.append(contentsOf: [19.5, 20.25, 20])
      prices[0] = 19.75
      let highest = try prices.max()
      let losses = try prices.indexes(where: .less, than: 20)
      // Its end.
      guard highest == 20.25, losses == [0], prices[0] == 19.75 else { fatalError() }
    }
    #expect(try programs("MappedArray") == [program(after: "The page's program.")])
  }

  @Test("the programs of the article on NumPy's files; `make examples` runs the first")
  func numPyFiles() async throws {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      guard chdir(directory.path) == 0 else { fatalError() }
      do {
        var array = try MappedArray<Int16>(creating: "a.npy")
        try array.append(contentsOf: [1, 2, 6])
      }
      // The article's visitor.
      struct Mean: MappedArrayVisitor {
        consuming func visit<Element: MappableElement>(
          _ array: consuming MappedArray<Element>
        ) throws(MappedArrayError) -> Double? {
          try array.mean()
        }
      }

      let mean = try MappedFile("a.npy").accept(Mean())
      // Its end.
      guard mean == 3 else { fatalError() }
    }
    let example = try Files.text("\(Self.top)/Sources/Examples/NumPyFiles/main.swift")
    #expect(try programs("NumPyFiles") == [example, program(after: "The article's visitor.")])
  }
}
