import LiveServer
import Testing

struct DocumentationTests {
  @Test("the page's first program is the one that is built and run")
  func program() throws {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let page = try Files.text(root + "/Sources/MappedArrayClient/MappedArrayClient.docc/MappedArrayClient.md")
    let program = try #require(page.firstMatch(of: /(?s)```swift\n(.*?)```\n/)?.1)
    #expect(try program == Files.text(root + "/Sources/Examples/FirstProgram/main.swift"))
  }
}
