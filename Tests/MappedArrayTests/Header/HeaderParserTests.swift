import Testing

@testable import MappedArray

/// What is read of a `.npy` header, and what is refused.
struct HeaderParserTests {
  @Test("each type in each version, at any data offset", arguments: ElementType.numbers, 1...3)
  func types(type: ElementType, version: UInt8) throws {
    for order in type.size == 1 ? ["|", "<", ">"] : ["<"] {
      for dataOffset in [nil, 74, 75, 96, 127, 128, 4096, 65_545] {
        let handmade = HandmadeHeader(
          version: version, text: "{'descr': '\(order)\(type.numpyCode)', 'fortran_order': False, 'shape': (5,), }",
          dataOffset: dataOffset)
        let header = try handmade.parse(dataBytes: 5 * type.size)
        #expect(header.elementType == type)
        #expect(header.version == version)
        #expect(header.shape == [5])
        #expect(header.count == 5)
        #expect(header.dataOffset == handmade.bytes.count)
        #expect(handmade.bytes[header.rowDigits] == [UInt8(ascii: "5")])
        #expect(throws: NPYHeaderError.missingData(bytes: 5 * type.size - 1, of: 5 * type.size)) {
          try handmade.parse(dataBytes: 5 * type.size - 1)
        }
      }
    }
  }

  @Test(
    "any notation that NumPy reads",
    arguments: [
      "{'descr':'<f8','fortran_order':False,'shape':(5,)}",
      #"{"descr": "<f8", "fortran_order": False, "shape": (5,)}"#,
      #"{'descr': "<f8", "fortran_order": False, 'shape': (5,), }"#,
      "{'shape': (5,), 'descr': '<f8', 'fortran_order': False}",
      "{'fortran_order': False, 'shape': (5,), 'descr': '<f8',}",
      "{ 'descr' : '<f8' , 'fortran_order' : False , 'shape' : ( 5 , ) , } ",
      "{\n'descr':\t'<f8',\r\n'fortran_order': False,\u{0C}'shape': (5,)}\n\n",
      "  {'descr': '<f8', 'fortran_order': False, 'shape': (5,), }",
      // Python 2 wrote long integers so.
      "{'descr': '<f8', 'fortran_order': False, 'shape': (5L,), }",
      // One dimension is the same in either order.
      "{'descr': '<f8', 'fortran_order': True, 'shape': (5,), }",
    ])
  func notation(text: String) throws {
    for dataOffset in [nil, 128] {
      let handmade = HandmadeHeader(text: text, dataOffset: dataOffset)
      let header = try handmade.parse()
      #expect(header.elementType == .f64)
      #expect(header.shape == [5])
      #expect(handmade.bytes[header.rowDigits] == [UInt8(ascii: "5")])
    }
  }

  @Test(
    "shapes",
    arguments: [
      ("(0,)", [0], 1), ("(1,)", [1], 1), ("(1234567890,)", [1_234_567_890], 1), ("(2,3)", [2, 3], 3),
      ("(2, 3, 4, )", [2, 3, 4], 12), ("(0, 3)", [0, 3], 3), ("(3, 0)", [3, 0], 0), ("(3, 0, 5)", [3, 0, 5], 0),
      ("(2L, 3L)", [2, 3], 3), ("(576460752303423487, 2)", [576_460_752_303_423_487, 2], 2),
      ("(4611686018427387903, 0)", [4_611_686_018_427_387_903, 0], 0),
    ] as [(String, [Int], Int)])
  func shapes(text: String, shape: [Int], rowSize: Int) throws {
    let header = try HandmadeHeader(text: "{'descr': '|u1', 'fortran_order': False, 'shape': \(text)}")
      .parse(dataBytes: Int.max >> 1)
    #expect(header.shape == shape)
    #expect(header.rowSize == rowSize)
    #expect(header.count == shape.reduce(1, *))
  }

  @Test("64 dimensions, as NumPy has at most; and one more")
  func manyDimensions() throws {
    func text(_ count: Int) -> String {
      "{'descr': '<f8', 'fortran_order': False, 'shape': (\(String(repeating: "1,", count: count)))}"
    }
    #expect(try HandmadeHeader(text: text(64)).parse().shape == Array(repeating: 1, count: 64))
    #expect(throws: NPYHeaderError.tooManyDimensions) { try HandmadeHeader(text: text(65)).parse() }
    #expect(throws: NPYHeaderError.tooManyDimensions) { try HandmadeHeader(text: text(30_000)).parse() }
  }

  @Test(
    "too many elements, in whatever order the dimensions stand",
    arguments: [
      "(9223372036854775808,)", "(99999999999999999999999999,)", "(9223372036854775807,)", "(1152921504606846976,)",
      "(4294967296, 4294967296)", "(0, 4294967296, 4294967296)", "(4294967296, 0, 4294967296)",
      "(4294967296, 4294967296, 0)", "(0, 9223372036854775808)", "(9223372036854775808, 0)",
      "(3037000500, 3037000500)", "(65536, 65536, 65536, 65536)", "(2, 9223372036854775807)",
    ])
  func overflow(shape: String) {
    #expect(throws: NPYHeaderError.tooManyElements) {
      try HandmadeHeader(text: "{'descr': '<f8', 'fortran_order': False, 'shape': \(shape)}").parse(dataBytes: 0)
    }
  }

  @Test("a long run of digits")
  func longNumber() {
    #expect(throws: NPYHeaderError.tooManyElements) {
      try HandmadeHeader(
        text: "{'descr': '<f8', 'fortran_order': False, 'shape': (\(String(repeating: "9", count: 65_000)),)}"
      ).parse()
    }
  }

  @Test(
    "shapes that are none",
    arguments: [
      "(-5,)", "(+5,)", "(05,)", "(00,)", "(5, 03)", "(5.0,)", "(5e1,)", "(0x5,)", "(5_0,)", "(,)", "(5,,)", "(,5)",
      "((5,),)", "((5),)", "(5,(3,))", "(5, [3])", "([5],)", "[5]", "5", "5,", "(5", "(5,", "5,)", "(5,})", "('5',)",
      "(True,)", "(None,)", "None", "(5 5,)", "(5L L,)", "(5LL,)", "(L,)", "(5)", "( 5 )", "", "\u{665},", "(\u{665},)",
    ])
  func noShapes(shape: String) {
    let handmade = HandmadeHeader(text: "{'descr': '<f8', 'fortran_order': False, 'shape': \(shape)}")
    let error = #expect(throws: NPYHeaderError.self) { try handmade.parse() }
    guard case .malformed(let position, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect((10...handmade.bytes.count).contains(position))
  }

  @Test(
    "what is refused, by its name",
    arguments: [
      ("{'descr': '<f8', 'fortran_order': False, 'shape': ()}", .noDimensions),
      ("{'descr': '<f8', 'fortran_order': False, 'shape': ( )}", .noDimensions),
      ("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3)}", .fortranOrder(dimensions: 2)),
      ("{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1, 1)}", .fortranOrder(dimensions: 3)),
      ("{}", .missingKey("descr")),
      ("{'descr': '<f8', 'shape': (5,)}", .missingKey("fortran_order")),
      ("{'descr': '<f8', 'fortran_order': False}", .missingKey("shape")),
      ("{'fortran_order': False, 'shape': (5,)}", .missingKey("descr")),
      ("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (5,)}", .repeatedKey("descr")),
      ("{'descr': '<f8', 'shape': (5,), 'fortran_order': False, 'shape': (6,)}", .repeatedKey("shape")),
      ("{'fortran_order': True, 'fortran_order': False}", .repeatedKey("fortran_order")),
      ("{'descr': '<f8', 'fortran_order': False, 'shape': (5,), 'extra': 1}", .unknownKey("extra")),
      ("{'': 1}", .unknownKey("")),
      ("{'Descr': '<f8'}", .unknownKey("Descr")),
      ("{'\(String(repeating: "k", count: 9000))': 1}", .unknownKey(String(repeating: "k", count: 32))),
    ] as [(String, NPYHeaderError)])
  func refused(text: String, error: NPYHeaderError) {
    #expect(throws: error) { try HandmadeHeader(text: text).parse() }
  }

  @Test(
    "other element types",
    arguments: [
      "'>f8'": .byteOrder(descr: ">f8"), "'>i2'": .byteOrder(descr: ">i2"), "'>u4'": .byteOrder(descr: ">u4"),
      "'<U3'": .elementType(descr: "<U3"), "'|S0'": .elementType(descr: "|S0"),
      "'|S4097'": .elementType(descr: "|S4097"),
      "'|S05'": .elementType(descr: "|S05"), "'|S'": .elementType(descr: "|S"), "'|O'": .elementType(descr: "|O"),
      "'|b2'": .elementType(descr: "|b2"), "'>f2'": .byteOrder(descr: ">f2"), "'<c16'": .elementType(descr: "<c16"),
      "'<f16'": .elementType(descr: "<f16"), "'<M8[ns]'": .elementType(descr: "<M8[ns]"),
      "'|V8'": .elementType(descr: "|V8"), "'=f8'": .elementType(descr: "=f8"), "'f8'": .elementType(descr: "f8"),
      "'|f8'": .elementType(descr: "|f8"), "'<i3'": .elementType(descr: "<i3"), "''": .elementType(descr: ""),
      "'<f8 '": .elementType(descr: "<f8 "), "'<F8'": .elementType(descr: "<F8"), "'<<f8'": .elementType(descr: "<<f8"),
      "[('x', '<f8'), ('y', '<i4')]": .elementType(descr: "[('x', '<f8'), ('y', '<i4')], 'f"),
      "": .elementType(descr: ", 'fortran_order': False, 'shape"),
      "[('x', '<f8', (2,))]": .elementType(descr: "[('x', '<f8', (2,))], 'fortran_o"),
    ] as [String: NPYHeaderError])
  func otherTypes(descr: String, error: NPYHeaderError) {
    let handmade = HandmadeHeader(text: "{'descr': \(descr), 'fortran_order': False, 'shape': (5,), }")
    #expect(throws: error) { try handmade.parse() }
  }

  @Test(
    "text that is no dictionary of these",
    arguments: [
      "", " ", "{", "}", "[]", "()", "None", "{'descr'", "{'descr': '<f8'", "{'descr': '<f8}", "{'descr' '<f8'}",
      "{,}", "{descr: '<f8'}", "{5: '<f8'}", "{'descr': '<f8',, 'fortran_order': False}",
      "{'descr': '<f8' 'fortran_order': False}", "{'descr\": '<f8'}", #"{'de\u0073cr': '<f8'}"#,
      #"{'descr': '\x3cf8'}"#, "{'descr': '<f8\n'}", "{'descr': '<f8\u{0}'}", "{'descr': '<f8é'}", "{'déscr': '<f8'}",
      "{'descr': '<f8', 'fortran_order': false, 'shape': (5,)}", "{'fortran_order': 0}", "{'fortran_order': 'False'}",
      "{'fortran_order': Falsehood}", "{'fortran_order': None}", "{'fortran_order': }", "{'shape': }",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (5,)} x",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (5,)}}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (5,)}\u{0}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (5,)} # comment",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (5,)\u{A0}}", "\u{FEFF}{'descr': '<f8'}",
    ])
  func malformed(text: String) {
    for version in UInt8(1)...3 {
      let error = #expect(throws: NPYHeaderError.self) { try HandmadeHeader(version: version, text: text).parse() }
      guard case .malformed = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  @Test("version 3 came after Python 2")
  func noLongIntegers() throws {
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (5L,), }"
    #expect(try HandmadeHeader(version: 2, text: text).parse().shape == [5])
    #expect(throws: NPYHeaderError.self) { try HandmadeHeader(version: 3, text: text).parse() }
  }

  @Test("other versions")
  func versions() {
    var bytes = HandmadeHeader().bytes
    for (major, minor) in [(0, 0), (4, 0), (255, 255), (1, 1), (2, 1), (3, 255)] as [(UInt8, UInt8)] {
      bytes[6] = major
      bytes[7] = minor
      #expect(throws: NPYHeaderError.version(major, minor)) { try NPYHeaderParser.length(prefix: bytes) }
      #expect(throws: NPYHeaderError.version(major, minor)) { try NPYHeaderParser.parse(bytes, fileSize: 1 << 20) }
    }
  }

  @Test("other files")
  func otherFiles() throws {
    for bytes in [[], [0x93], Array("NUMPY".utf8), [0x93] + Array("NUMP".utf8), [0x93] + Array("numpy\u{1}\u{0}".utf8)]
    {
      #expect(try NPYHeaderParser.length(prefix: bytes) == nil)
    }
  }

  @Test("each wrong length of the text", arguments: 1...3)
  func wrongLengths(version: UInt8) throws {
    let right = HandmadeHeader(version: version).bytes
    let start = version == 1 ? 10 : 12
    for length in 0..<right.count - start + 64 where length != right.count - start {
      var bytes = right
      bytes[8] = UInt8(truncatingIfNeeded: length)
      // Behind the header there are elements, which are no spaces.
      bytes += [UInt8](repeating: 0x40, count: 64)
      #expect(throws: NPYHeaderError.self) { try NPYHeaderParser.parse(bytes, fileSize: bytes.count) }
    }
    for (length, error) in [
      (65_534, NPYHeaderError.tooLong(bytes: 65_546)), (Int(UInt32.max), .tooLong(bytes: 4_294_967_307)),
    ]
    where version > 1 {
      var bytes = right
      for index in 0..<4 { bytes[8 + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
      #expect(throws: error) { try NPYHeaderParser.length(prefix: bytes) }
    }
  }
}
