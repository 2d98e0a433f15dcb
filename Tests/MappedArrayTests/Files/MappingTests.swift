import Testing

@testable import MappedArray

/// The rows of the contract's table: what a file becomes, from what it is and what is asked for.
struct MappingTests {
  private static let header = NPYHeader(.i16).with(rows: 2)?.bytes ?? []
  private static let types = [nil] + ElementType.numbers.map(Optional.some)

  @Test("a file with a header", arguments: types, [Access.readOnly, .writable])
  func withHeader(type: ElementType?, access: Access) throws {
    let workspace = try Workspace()
    let contents = MappingTests.header + [1, 0, 2, 0]
    try workspace.write(contents)
    let request = MappingRequest(elementType: type, access: access)
    if let type, type != .i16 {
      #expect(throws: MappedArrayError.type(recorded: .i16, requested: type)) {
        _ = try workspace.open("array", request)
      }
    } else {
      let file = try workspace.open("array", request)
      #expect(file.elementType == .i16)
      #expect(file.format == .npy)
      #expect(file.access == access)
    }
    #expect(throws: MappedArrayError.rawContradictsHeader(.i16)) {
      _ = try workspace.open("array", MappingRequest(elementType: type, isRaw: true, access: access))
    }
    #expect(try workspace.read() == contents)
  }

  @Test("a file with contents and no header", arguments: types, [Access.readOnly, .writable])
  func withoutHeader(type: ElementType?, access: Access) throws {
    let workspace = try Workspace()
    for contents in [[1], Array(0..<63), Array("numbers".utf8), Array(MappingTests.header.dropFirst()), [0x93, 0x4E]] {
      try workspace.write(contents)
      for isRaw in [false, true] {
        let file = try workspace.open("array", MappingRequest(elementType: type, isRaw: isRaw, access: access))
        #expect(file.elementType == type ?? .f64)
        #expect(file.format == .raw)
      }
      #expect(try workspace.read() == contents)
    }
  }

  @Test("an empty or missing file", arguments: types, [true, false])
  func empty(type: ElementType?, exists: Bool) throws {
    for isRaw in [false, true] {
      let workspace = try Workspace()
      if exists { try workspace.write([]) }
      let file = try workspace.open("array", MappingRequest(elementType: type, isRaw: isRaw))
      #expect(file.elementType == type ?? .f64)
      #expect(file.format == (type == nil || isRaw ? .raw : .npy))
      #expect(try workspace.read() == (file.format == .raw ? [] : NPYHeader(file.elementType).bytes))
    }
  }

  @Test("an empty or missing file, read-only: nothing is created or written", arguments: types)
  func emptyReadOnly(type: ElementType?) throws {
    let workspace = try Workspace()
    for isRaw in [false, true] {
      let request = MappingRequest(elementType: type, isRaw: isRaw, access: .readOnly)
      #expect(try failure { _ = try workspace.open("missing", request) } == .noSuchFileOrDirectory)
      #expect(!workspace.exists("missing"))
      try workspace.write([])
      let file = try workspace.open("array", request)
      #expect(file.elementType == type ?? .f64)
      #expect(file.format == .raw)
      #expect(try workspace.size() == 0)
    }
  }

  @Test("a broken header is an error and no raw file", arguments: [false, true])
  func brokenHeader(isRaw: Bool) throws {
    let workspace = try Workspace()
    for count in 6..<MappingTests.header.count + 4 {
      let contents = Array((MappingTests.header + [1, 0, 2, 0]).prefix(count))
      try workspace.write(contents)
      let error =
        count < MappingTests.header.count
        ? NPYHeaderError.truncated : .missingData(bytes: count - MappingTests.header.count, of: 4)
      for access in [Access.readOnly, .writable] {
        #expect(throws: MappedArrayError.header(error)) {
          _ = try workspace.open("array", MappingRequest(elementType: .f64, isRaw: isRaw, access: access))
        }
      }
      #expect(try workspace.read() == contents)
    }
  }

  @Test("a file that was mapped before must be what it was", arguments: [Access.readOnly, .writable])
  func again(access: Access) throws {
    let workspace = try Workspace()
    let npy = MappingRequest(ArrayLayout(.i16, .npy), access: access)
    let raw = MappingRequest(ArrayLayout(.i16, .raw), access: access)
    for request in [npy, raw] {
      #expect(try failure { _ = try workspace.open("missing", request) } == .noSuchFileOrDirectory)
      #expect(!workspace.exists("missing"))
    }
    for contents in [[], [1, 0, 2, 0]] as [[UInt8]] {
      try workspace.write(contents)
      #expect(throws: MappedArrayError.missingHeader(.i16)) { _ = try workspace.open("array", npy) }
      #expect(throws: MappedArrayError.missingHeader(.i16)) { try npy.check(ArrayLayout(.i16, .raw), rowSize: 1) }
      #expect(try workspace.open("array", raw).format == .raw)
      #expect(try workspace.read() == contents)
    }
    try workspace.write(MappingTests.header + [1, 0, 2, 0])
    #expect(throws: MappedArrayError.rawContradictsHeader(.i16)) { _ = try workspace.open("array", raw) }
    #expect(try workspace.open("array", npy).format == .npy)
    let other = MappingRequest(ArrayLayout(.f32, .npy), access: access)
    #expect(throws: MappedArrayError.type(recorded: .i16, requested: .f32)) { _ = try workspace.open("array", other) }
  }

  @Test("what an array that is mapped already is asked for")
  func check() throws {
    for (type, format) in [(ElementType.u8, FileFormat.npy), (.f64, .raw)] {
      for isRaw in [false, true] where !(isRaw && format == .npy) {
        try MappingRequest(isRaw: isRaw).check(ArrayLayout(type, format), rowSize: 1)
        try MappingRequest(elementType: type, isRaw: isRaw).check(ArrayLayout(type, format), rowSize: 1)
        for other in ElementType.numbers where other != type {
          let error: MappedArrayError =
            format == .npy ? .type(recorded: type, requested: other) : .typeInUse(type, requested: other)
          #expect(throws: error) {
            try MappingRequest(elementType: other, isRaw: isRaw).check(ArrayLayout(type, format), rowSize: 1)
          }
        }
      }
    }
    #expect(throws: MappedArrayError.rawContradictsHeader(.u8)) {
      try MappingRequest(isRaw: true).check(ArrayLayout(.u8, .npy), rowSize: 1)
    }
  }

  @Test("an array of another type than the file's")
  func otherSwiftType() throws {
    let workspace = try Workspace()
    try workspace.write(MappingTests.header + [1, 0, 2, 0])
    #expect(throws: MappedArrayError.type(recorded: .i16, requested: .i32)) {
      _ = try MappedArray<Int32>(workspace.open())
    }
    #expect(throws: MappedArrayError.type(recorded: .i16, requested: .u16)) { _ = try workspace.map(as: UInt16.self) }
    let array = try MappedArray<Int16>(workspace.open())
    #expect(array.contents == [1, 0, 2, 0])
  }

  @Test("each name of a type, in any case", arguments: TestedType.all)
  func names(tested: TestedType) {
    let (type, names) = (tested.type.elementType, tested.type.names)
    #expect(type.name == names[0])
    for name in names {
      for spelling in [name, name.uppercased(), name.prefix(1).uppercased() + name.dropFirst()] {
        #expect(ElementType(named: spelling) == type)
      }
    }
  }

  @Test("names of no type")
  func otherNames() {
    for name in ["", "i", "8", "i7", "i128", "int", "uint", "f128", "f8", "<f8", "i8 ", " i8", "i8\0", "ｉ8", "b1"] {
      #expect(ElementType(named: name) == nil)
    }
  }
}
