import SystemPackage
import TestSupport
import Testing

@testable import MappedArray

/// Files with headers that others wrote, growing and shrinking.
struct ForeignHeaderTests {
  private static let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (9,), }"

  private func elements(_ count: Int) -> [Double] { (0..<count).map(Double.init) }

  private func checkWithNumPy(_ workspace: Workspace, count: Int) throws {
    try Python.run(
      script:
        "import sys, numpy as np; assert np.array_equal(np.load(sys.argv[1], allow_pickle=True), np.arange(int(sys.argv[2])))",
      arguments: [workspace.path(), "\(count)"])
  }

  @Test(
    "a header with room for more digits",
    arguments: [
      HandmadeHeader(text: text, dataOffset: 80), HandmadeHeader(text: text, dataOffset: 77),
      HandmadeHeader(version: 2, text: text, dataOffset: 96), HandmadeHeader(version: 3, text: text, dataOffset: 99),
      HandmadeHeader(text: "{'shape':(9L,),\"fortran_order\":True,'descr':'<f8'}", dataOffset: 128),
      HandmadeHeader(text: "{'descr': '<f8', 'fortran_order': False, 'shape': (      9   ,), }", dataOffset: 128),
      HandmadeHeader(text: text, dataOffset: 4097), HandmadeHeader(text: text, dataOffset: 9000),
    ])
  func room(header: HandmadeHeader) throws {
    let workspace = try Workspace()
    try workspace.write(header.bytes + packed(elements(9)))
    for count in [10, 100, 1000, 999, 10, 9, 8] {
      do {
        var array = try workspace.map(as: Double.self)
        if count < array.count { try array.resize(to: count) }
        try array.append(Array(elements(count).dropFirst(array.count)))
        #expect(array.contents == packed(elements(count)))
      }
      #expect(try workspace.size() == header.bytes.count + 8 * count)
      let again = try workspace.map(as: Double.self, access: .readOnly)
      #expect(again.contents == packed(elements(count)))
      if count % 10 > 7 || count == 10 { try checkWithNumPy(workspace, count: count) }
    }
  }

  @Test("only digits change where their number stays the same")
  func inPlace() throws {
    let workspace = try Workspace()
    let header = HandmadeHeader(text: "{'shape':(10,),\"fortran_order\":False, 'descr':'<f8'}\n")
    try workspace.write(header.bytes + packed(elements(10)))
    var array = try workspace.map(as: Double.self)
    try array.append(10)
    let changed = HandmadeHeader(text: header.text.replacing("10", with: "11"))
    #expect(try workspace.read().starts(with: changed.bytes + packed(elements(11))))
    _ = try array.popLast()
    #expect(try workspace.read().starts(with: header.bytes + packed(elements(10))))
  }

  @Test("every digit, up and down", arguments: [8, 98, 9_999_998, 99_999_998, 123_456_788, 199_999_998, 999_999_998])
  func digits(start: Int) throws {
    let workspace = try Workspace()
    let header = HandmadeHeader(
      text: "{'descr': '|u1', 'fortran_order': False, 'shape': (\(start),), }", dataOffset: 128)
    try workspace.write(header.bytes)
    try workspace.truncate(to: 128 + start)
    var array = try workspace.map(as: UInt8.self)
    var changes = Array(repeating: 1, count: 4) + Array(repeating: -1, count: 8)
    changes += [3, -2, 1]
    for change in changes {
      try change > 0 ? array.append([UInt8](repeating: 7, count: change)) : array.resize(to: array.count + change)
      // Exactly as a header of that count is written.
      let expected = HandmadeHeader(text: header.text.replacing("\(start)", with: "\(array.count)"), dataOffset: 128)
      #expect(try workspace.beginning(128) == expected.bytes)
    }
    #expect(array.count == start - 2)
  }

  @Test("no room for another digit: refused, and nothing is changed")
  func full() throws {
    let workspace = try Workspace()
    // The text and a newline, and nothing between them.
    let header = HandmadeHeader(text: ForeignHeaderTests.text + "\n")
    let original = header.bytes + packed(elements(9))
    try workspace.write(original)
    do {
      var array = try workspace.map(as: Double.self)
      #expect(throws: MappedArrayError.headerFull) { try array.append(9) }
      #expect(throws: MappedArrayError.headerFull) { try array.append(self.elements(5)) }
      #expect(throws: MappedArrayError.headerFull) { try array.resize(to: 10) }
      #expect(throws: MappedArrayError.headerFull) { try array.resize(to: 1_000_000) }
      #expect(throws: MappedArrayError.headerFull) { try array.write([1, 2, 3], at: 8) }
      #expect(throws: MappedArrayError.headerFull) { try array.write([1], at: 20) }
      #expect(array.count == 9)
      #expect(array.contents == packed(elements(9)))
      #expect(try workspace.read() == original)
      // What needs no room goes on.
      #expect(try array.update(at: 0, to: 7))
      #expect(try array.popLast() == 8)
      try array.append(8)
      try array.removeAll()
      try array.append(elements(9))
    }
    #expect(try workspace.read() == original)
  }

  @Test("a header whose digits lie across a page's border")
  func pageBorder() throws {
    let workspace = try Workspace()
    let start = "{'descr': '<f8', 'fortran_order': False, 'shape': ("
    let header = HandmadeHeader(
      text: start + String(repeating: " ", count: 4096 - 10 - start.utf8.count - 1) + "99,)}", dataOffset: 8000)
    let original = header.bytes + packed(elements(99))
    try workspace.write(original)
    do {
      var array = try workspace.map(as: Double.self)
      #expect(throws: MappedArrayError.headerFull) { try array.append(99) }
      #expect(try workspace.read() == original)
      _ = try array.popLast()
      try checkWithNumPy(workspace, count: 98)
      try array.append(98)
    }
    #expect(try workspace.read() == original)
  }
}
