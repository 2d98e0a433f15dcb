import TestSupport
import Testing

@testable import MappedArray

/// Arrays of several dimensions: elements in C order, lengths in whole rows.
struct DimensionTests {
  private func workspace(shape: [Int], type: String = "<i4", dataOffset: Int = 128) throws -> Workspace {
    let workspace = try Workspace()
    let dimensions = shape.map(String.init).joined(separator: ", ")
    let header = HandmadeHeader(
      text: "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(dimensions)), }", dataOffset: dataOffset)
    try workspace.write(header.bytes + packed((0..<shape.reduce(1, *)).map(Int32.init)))
    return workspace
  }

  @Test("whole rows, or refused", arguments: [[4, 3], [4, 3, 2], [2, 1, 1, 5], [1, 7], [0, 3], [3, 1]])
  func wholeRows(shape: [Int]) throws {
    let workspace = try workspace(shape: shape)
    let row = shape.dropFirst().reduce(1, *)
    var model = (0..<shape.reduce(1, *)).map(Int32.init)
    do {
      var array = try workspace.map(as: Int32.self)
      #expect(array.file.shape == shape)
      #expect(array.file.rowSize == row)
      func check() { #expect(array.contents == packed(model)) }
      check()
      for count in 1...2 * row + 1 {
        let new = Array(repeating: Int32(count), count: count)
        if count % row == 0 {
          try array.append(new)
          model += new
        } else {
          #expect(throws: MappedArrayError.partialRow(elements: count, rowSize: row)) { try array.append(new) }
          #expect(throws: MappedArrayError.partialRow(elements: count, rowSize: row)) {
            try array.resize(to: array.count + count)
          }
        }
        check()
      }
      if row > 1 {
        #expect(throws: MappedArrayError.partialRow(elements: 1, rowSize: row)) { _ = try array.popLast() }
        #expect(throws: MappedArrayError.partialRow(elements: 1, rowSize: row)) { try array.append(1) }
        #expect(throws: MappedArrayError.partialRow(elements: 1, rowSize: row)) {
          try array.write([1, 2], at: array.count - 1)
        }
        check()
      }
      try array.resize(to: model.count - row)
      model.removeLast(row)
      check()
      // From the middle of the last row to the end of the one after the next.
      let start = model.count - 1
      try array.write(Array(repeating: -1, count: 2 * row + 1), at: start)
      model = model.dropLast() + Array(repeating: -1, count: 2 * row + 1)
      check()
      // Behind a gap of half a row and more.
      try array.write(Array(repeating: -2, count: 1), at: model.count + 3 * row - 1)
      model += Array(repeating: 0, count: 3 * row - 1) + [-2]
      check()
      #expect(try array.update(at: model.count - 1, to: 5))
      model[model.count - 1] = 5
      #expect(array.file.shape == [model.count / row] + shape.dropFirst())
    }
    try Python.run(
      script: """
        import sys, numpy as np
        array = np.load(sys.argv[1])
        assert array.shape == tuple(int(d) for d in sys.argv[3].split()), array.shape
        assert array.tobytes() == open(sys.argv[2], 'rb').read()
        """,
      arguments: try {
        try workspace.write(packed(model), to: "expected")
        let shape = [model.count / row] + shape.dropFirst()
        return [workspace.path(), workspace.path("expected"), shape.map(String.init).joined(separator: " ")]
      }())
    var array = try workspace.map(as: Int32.self)
    #expect(array.contents == packed(model))
    try array.removeAll()
    #expect(array.file.shape == [0] + shape.dropFirst())
  }

  @Test("rows of no elements", arguments: [[3, 0], [0, 0], [5, 0, 7], [5, 7, 0]])
  func emptyRows(shape: [Int]) throws {
    let workspace = try workspace(shape: shape)
    let before = try workspace.read()
    do {
      var array = try workspace.map(as: Int32.self)
      #expect(array.count == 0)
      #expect(array.file.shape == shape)
      #expect(array.file.rowSize == 0)
      #expect(throws: MappedArrayError.partialRow(elements: 1, rowSize: 0)) { try array.append(1) }
      #expect(throws: MappedArrayError.partialRow(elements: 5, rowSize: 0)) { try array.resize(to: 5) }
      #expect(throws: MappedArrayError.partialRow(elements: 6, rowSize: 0)) { try array.write([1], at: 5) }
      try array.append([])
      try array.resize(to: 0)
      try array.removeAll()
      #expect(try array.popLast() == nil)
      #expect(try array.element(at: 0) == nil)
      #expect(array.file.shape == shape)
    }
    #expect(try workspace.read() == before)
  }

  @Test("many dimensions and huge ones")
  func manyDimensions() throws {
    let workspace = try workspace(shape: [2] + Array(repeating: 1, count: 31) + [3], dataOffset: 300)
    var array = try workspace.map(as: Int32.self)
    try array.append([1, 2, 3])
    #expect(array.file.shape == [3] + Array(repeating: 1, count: 31) + [3])
    let huge = try self.workspace(shape: [0, 1 << 60])
    var none = try huge.map(as: Int32.self)
    #expect(throws: MappedArrayError.partialRow(elements: 1, rowSize: 1 << 60)) { try none.append(1) }
    #expect(throws: MappedArrayError.tooLarge) { try none.resize(to: 1 << 60) }
  }
}
