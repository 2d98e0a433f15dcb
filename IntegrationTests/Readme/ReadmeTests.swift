import Testing

struct ReadmeTests {
  @Test("every command that the README shows does what it says")
  func commands() throws {
    let readme = try Readme()
    let player = try ReadmePlayer()
    for (line, part) in readme.parts {
      do {
        try player.play(part)
      } catch {
        Issue.record("README.md, line \(line): \(error)")
      }
    }
  }

  @Test("the parts are found")
  func parts() throws {
    var counts: [String: Int] = [:]
    for (_, part) in try Readme().parts {
      let kind =
        switch part {
        case .transcript: "transcript"
        case .python: "python"
        case .swift: "swift"
        case .shell: "shell"
        case .code: "code"
        case .mistake: "mistake"
        }
      counts[kind, default: 0] += 1
    }
    let least = ["transcript": 2, "python": 3, "swift": 1, "shell": 3, "code": 120, "mistake": 15]
    for (kind, count) in least { #expect(counts[kind, default: 0] >= count, "\(kind)") }
  }
}
