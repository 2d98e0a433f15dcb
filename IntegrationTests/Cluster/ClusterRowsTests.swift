import LiveServer
import MappedArrayClient
import Testing

/// Rows of a cluster's arrays, which are on the node that has the key's slot.
struct ClusterRowsTests {
  @Test("rows, slices and nearest rows are where the key is, on its replica too, and follow it")
  func rows() throws {
    let live = try LiveCluster(masterCount: 2)
    let cluster = try ClusterConnection(to: live.addresses)
    let keys = (0..<12).map { "matrix:\($0)" }
    let query: [UInt8] = [3, 3]
    for (number, key) in keys.enumerated() {
      #expect(
        try cluster("MMAP", key, key, "u8", number.isMultiple(of: 2) ? "RAW" : "WRITABLE", "COLUMNS", 2) == .integer(0))
      let matrix = try cluster.matrix(key, of: UInt8.self)
      #expect(matrix.rowShape == [2])
      #expect(
        try matrix.run { rows throws(ClientError) in try rows.append([[0, 0], [3, 4], [UInt8(number), 9]]) } == 3)
    }
    #expect(Set(keys.compactMap { cluster.master(of: $0) }).count == 2)
    for (number, key) in keys.enumerated() {
      let master = try #require(live.node(at: cluster.master(of: key)))
      let place = try #require(live.nodes.firstIndex { $0 === master })
      let commands = [
        (["MMAP.ROWS", key, "1", "-1"].map(\.argument), Reply.array([.bulk([3, 4]), .bulk([UInt8(number), 9])])),
        (["MMAP.SLICE", key, "::-1", "1"].map(\.argument), .bulk([9, 4, 0])),
        (
          ["MMAP.KNN", key, "1", "L2"].map(\.argument) + [query.argument],
          .array([.array([.integer(1), .double(text: "1")])])
        ),
      ]
      let moved = "MOVED \(HashSlot.of(key)) 127.0.0.1:\(try #require(master.port))"
      let reader = try live.nodes[place + 2].connect()
      for (words, expected) in commands {
        for node in live.nodes where node !== master {
          #expect(try node.connect().send(words).errorText == moved)
        }
        #expect(try master.connect().send(words) == expected)
        // Its replica has the same rows, once they are there.
        try reader("READONLY")
        try live.wait(for: "the replica's \(key)") { () throws(ClientError) in try reader.send(words) == expected }
        try reader("READWRITE")
      }
      let matrix = try cluster.matrix(key, of: UInt8.self)
      let (row, found) = try matrix.run(mayRepeat: true) { rows throws(ClientError) in
        (try rows[1], try rows.nearest(1, to: query))
      }
      #expect(row == [3, 4] && found == [NearRow(row: 1, score: 1)])
    }
    // Handles follow slots that move.
    let matrices = try keys.map { try cluster.matrix($0, of: UInt8.self) }
    try live.reshard(8192, from: live.nodes[0], to: live.nodes[1])
    for (number, matrix) in matrices.enumerated() {
      let found = try matrix.run(mayRepeat: true) { rows throws(ClientError) in try rows.slice(AxisSlice(by: -1), .all)
      }
      #expect(found == [[UInt8(number), 9], [3, 4], [0, 0]])
      #expect(cluster.master(of: keys[number]) == LiveCluster.address(of: live.nodes[1]))
    }
  }
}
