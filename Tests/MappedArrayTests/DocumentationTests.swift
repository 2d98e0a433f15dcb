import MappedArray
import SystemPackage
import TestSupport
import Testing

struct DocumentationTests {
  @Test("the page's first program does what it should, and is the one that stands here")
  func program() throws {
    let temporary = try TemporaryDirectory()
    let directory = FilePath(temporary.path)
    // The page's program.
    let root = try Root(path: directory)
    let path = try Array("prices.npy".utf8).withUnsafeBytes { try root.relativePath($0) }
    var prices = try MappedArray<Float>(path: path, in: root)
    for price: Float in [19.5, 20.25, 20] { try prices.append(price) }
    let last = try prices.element(at: prices.count - 1)
    let isThere = try prices.update(at: 0, to: 19.75)
    // Its end.
    #expect(last == 20 && isThere)
    #expect(try prices.element(at: 0) == 19.75)

    let top = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let page = try Files.text(top + "/Sources/MappedArray/MappedArray.docc/MappedArray.md")
    let shown = try #require(page.firstMatch(of: /(?s)```swift\n(.*?)```\n/)?.1)
    let source = try Files.text(#filePath)
    let here = try #require(source.firstMatch(of: /(?s)    \/\/ The page's program\.\n(.*?)    \/\/ Its end\./)?.1)
    #expect(here.replacing("\n    ", with: "\n").dropFirst(4) == shown)
  }
}
