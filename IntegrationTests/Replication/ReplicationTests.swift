import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// What replicas have, change by change.
struct ReplicationTests {
  let master: ModuleServer
  let replica: ModuleServer

  init() throws {
    master = try ModuleServer.node()
    replica = try ModuleServer.node()
  }

  @Test("every command that changes elements", arguments: ElementCase.numbers, Format.allCases)
  func commands(type: ElementCase, format: Format) throws {
    try master.send(["MMAP", "before", "before"] + format.words(type))
    try master("MMAP.ADD", "before", 1, 2, 3)
    try replica.join(master)
    try master.makeDirectory("sub")
    try master.send(["MMAP", "after", "sub/after"] + format.words(type))
    for key in ["before", "after"] {
      let size = type.size
      for command: [any ArgumentConvertible] in [
        ["MMAP.ADD", key, 1, 2, 3, 4, 5], ["MMAP.WRITE", key, 9, [UInt8](repeating: 7, count: 3 * size)],
        ["VSET", key, 0, 9, 99, 1, 2, 8], ["MMAP.APPEND", key, [UInt8](repeating: 5, count: 4 * size)], ["VPOP", key],
        ["MMAP.INCRBY", key, 0, 1, 99, 1, 3, 2], ["MMAP.FILL", key, 4, -3, 6], ["MMAP.RESIZE", key, 40],
        ["MMAP.RESIZE", key, 30], ["MMAP.ADD", key, 3],
      ] {
        let reply = try master.send(command)
        #expect(reply.errorText == nil, "\(command): \(reply)")
        try expectSame(master, [replica], keys: [key], "\(command)")
      }
    }
    let size = format.size(type, 31)
    #expect(try replica.bytes("sub/after").prefix(size) == master.bytes("sub/after").prefix(size))
    try master("VCLEAR", "before")
    try expectSame(master, [replica], keys: ["before"])
    // A replica takes changes from its master only.
    try replica("CONFIG", "SET", "replica-read-only", "no")
    #expect(try replica("MMAP.APPLY", "before", 0).errorText?.contains("master") == true)
    let array = ["before", "before", type.name, "npy"]
    let commands = [
      ["MMAP.CONTENTS"] + array + ["1", "0"], ["MMAP.BACKFILL"] + array + ["0", ""], ["MMAP.COMPLETE"] + array,
      ["MMAP.WITHDRAW"] + array, ["MMAP.REFILL"] + array + ["0", "0", "0"],
      ["MMAP.NAME", "before", "before"], ["MMAP.BIND"] + array + ["writable"],
    ]
    for command in commands { #expect(try replica.send(command).errorText?.contains("replicas") == true) }
  }

  @Test("a transaction and a script")
  func transaction() throws {
    try replica.join(master)
    try master("MMAP", "a", "a", "i32")
    try master("MULTI")
    for word in 0..<5 { try master("MMAP.ADD", "a", word) }
    try master("SET", "text", "x")
    try master("EXEC")
    try master("EVAL", "for i = 1, 5 do redis.call('MMAP.ADD', KEYS[1], i) end", 1, "a")
    try expectSame(master, [replica], keys: ["a", "text"])
  }

  @Test("files with contents that are mapped while a replica is online", arguments: ElementCase.numbers)
  func shipped(type: ElementCase) throws {
    try replica.join(master)
    let texts = (0..<5000).map { "\($0 % 100)" }
    try NumPyFile.write(
      Format.allCases.map { NumPyFile(path: master.path($0.rawValue), type: type, format: $0, texts: texts) })
    // What is in the way on the replica is replaced.
    try replica.write(Array("in the way".utf8), to: "npy")
    for format in Format.allCases {
      let key = format.rawValue
      #expect(try master.send(["MMAP", key, key] + format.wordsToMapAgain(type)) == .integer(5000))
    }
    try expectSame(master, [replica], keys: ["npy", "raw"])
    let files = Format.allCases.map {
      NumPyFile(path: replica.path($0.rawValue), type: type, format: $0, texts: texts)
    }
    #expect(try NumPyFile.mismatches(files) == "")
  }

  @Test("arrays of several dimensions")
  func dimensions() throws {
    try Python.run(
      script: """
        import numpy, sys
        for name, shape in [('first', (1000, 7, 3)), ('second', (400_000, 3)), ('empty', (0, 5))]:
            numpy.save(sys.argv[1] + name + '.npy', numpy.arange(numpy.prod(shape), dtype='f8').reshape(shape))
        """, arguments: [master.path()])
    try master("MMAP", "first", "first.npy")
    try replica.join(master)
    try master("MMAP", "second", "second.npy")
    try master("MMAP", "empty", "empty.npy")
    try master.send(["MMAP.ADD", "first"] + (0..<21).map { $0 as any ArgumentConvertible })
    try master("MMAP.ADD", "empty", 1, 2, 3, 4, 5)
    try expectSame(master, [replica], keys: ["first", "second", "empty"])
    try Python.run(
      script: """
        import numpy, sys
        for name, shape in [('first', (1001, 7, 3)), ('second', (400_000, 3)), ('empty', (1, 5))]:
            one, two = (numpy.load(path + name + '.npy') for path in sys.argv[1:])
            assert one.shape == two.shape == shape and (one == two).all(), name
        """, arguments: [master.path(), replica.path()])
  }

  @Test("keys that are renamed, copied, deleted and mapped anew while contents are under way")
  func moving() throws {
    try replica.join(master)
    let count = 4 << 20
    for name in ["a", "b", "c", "d"] {
      try Python.run(
        script: "import numpy, sys; numpy.arange(int(sys.argv[2]), dtype='u4').tofile(sys.argv[1])",
        arguments: [master.path(name), "\(count)"])
      try master("MMAP", name, name, "u32")
    }
    #expect(try master.number("mmaparray_shipping_bytes", of: "mmaparray") > 0)
    try master("RENAME", "a", "renamed")
    try master("COPY", "b", "copied")
    try master("DEL", "b", "c")
    try master("MMAP", "c", "c", "u32")
    try master("MMAP.FILL", "c", 100, -100, 5)
    try master("VSET", "renamed", count - 1, 7)
    try master("MMAP.RESIZE", "copied", count / 2)
    try master("MMAP.ADD", "copied", 1, 2, 3)
    try master("SWAPDB", 0, 1)
    try master("SWAPDB", 0, 1)
    try master("DEL", "d")
    try Python.run(
      script: "import numpy, sys, os; numpy.arange(9, dtype='u4').tofile('x'); os.rename('x', sys.argv[1])",
      arguments: [master.path("d")])
    // Until what was on its way of the array before has been given up, the answer is to try again.
    try eventually("the name is that of the new file") { try master("MMAP", "d", "d", "u32") == .integer(9) }
    try expectSame(master, [replica], keys: ["renamed", "copied", "c", "d"])
    #expect(try replica("EXISTS", "a", "b") == .integer(0))
  }

  @Test("what another program appends to a raw file")
  func growth() throws {
    try master("MMAP", "before", "before", "i16", "RAW")
    try replica.join(master)
    try master("MMAP", "after", "after", "i16", "RAW")
    for key in ["before", "after"] {
      try master("MMAP.ADD", key, 1)
      try master.append([2, 0, 3, 0], to: key)
      // Looking at it is no change.
      #expect(try master("VCOUNT", key) == .integer(3))
      try master("BGSAVE")
      try master("MMAP.ADD", key, 4)
      try expectSame(master, [replica], keys: [key])
      try master.append([5, 0], to: key)
    }
    // Without a command they are noticed within about a second.
    try eventually("growth is noticed") {
      try replica("VCOUNT", "before") == .integer(5) && replica("VCOUNT", "after") == .integer(5)
    }
    try expectSame(master, [replica], keys: ["before", "after"])
  }

  @Test("READONLY arrays travel as bindings")
  func readOnly() throws {
    for server in [master, replica] {
      try server.write([1, 2, 3], to: "given")
      try server.write([4, 5], to: "late")
    }
    try master("MMAP", "before", "given", "u8", "READONLY")
    try replica.join(master)
    try master("MMAP", "after", "late", "u8", "READONLY")
    try master.write([9], to: "alone")
    try master("MMAP", "alone", "alone", "u8", "READONLY")
    try expectSame(master, [replica], keys: ["before", "after"])
    #expect(try replica("VALL", "alone").errorText?.contains("No such file") == true)
    try replica.write([9], to: "alone")
    #expect(try replica("VALL", "alone") == .array([.integer(9)]))
  }

  @Test("a file with several names is one array on a replica too")
  func links() throws {
    try master("MMAP", "a", "a", "i8")
    try master("MMAP.ADD", "a", 1)
    #expect(link(master.path("a"), master.path("b")) == 0)
    try master("MMAP", "b", "b")
    try replica.join(master)
    try master("MMAP", "c", "b")
    try master("MMAP.ADD", "c", 2)
    try expectSame(master, [replica], keys: ["a", "b", "c"])
  }

  @Test("a file that is missed by the master comes back")
  func detached() throws {
    try master("MMAP", "a", "a", "i8")
    try master("MMAP.ADD", "a", 1, 2)
    try master.live.stop(saving: true)
    #expect(rename(master.path("a"), master.path("away")) == 0)
    try master.start()
    try replica.join(master)
    #expect(try replica("VALL", "a").errorText?.contains("the master has no array for it") == true)
    #expect(rename(master.path("away"), master.path("a")) == 0)
    #expect(try master("VALL", "a").elements?.count == 2)
    try master("MMAP.ADD", "a", 3)
    try expectSame(master, [replica], keys: ["a"])
  }

  @Test("a root of its own for each node")
  func roots() throws {
    let other = try ModuleServer.node(moduleArguments: ["root", "somewhere"])
    try master.makeDirectory("sub")
    try master("MMAP", "a", "sub/a", "i8")
    try master("MMAP.ADD", "a", 1)
    try other.join(master)
    try master("MMAP.ADD", "a", 2)
    try expectSame(master, [other], keys: ["a"])
    #expect(try Files.read(other.live.directory + "/somewhere/sub/a").count >= 130)
  }
}

extension ModuleServer {
  func makeDirectory(_ name: String) throws { #expect(mkdir(path(name), 0o755) == 0) }
}
