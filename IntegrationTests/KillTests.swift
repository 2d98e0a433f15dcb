import Dispatch
import Glibc
import LiveServer
import MappedArrayClient
import Testing

/// The server is killed at a random moment of a stream of additions.
struct KillTests {
  private static let seed: UInt64 = 20_260_721
  /// Microseconds after the beginning of the stream.
  private static let moments: [(number: Int, moment: Int)] = {
    var generator = SeededGenerator(seed: seed)
    return (0..<20).map { (number: $0, moment: Int.random(in: 100..<30_000, using: &generator)) }
  }()

  @Test("what was acknowledged is there, and what is counted is right", arguments: moments)
  func kill(number: Int, moment: Int) throws {
    let types = ElementCase.numbers
    let (first, second) = (types[number % types.count], types[(number + 3) % types.count])
    let server = try ModuleServer()
    try server("MMAP", "npy", "npy", first.name)
    try server("MMAP", "raw", "raw", second.name, "RAW")
    let acknowledged = add(to: server, killingAfter: moment)
    #expect(server.live.exit == .signal(SIGKILL))
    let problems = try Python.run(
      script: """
        import numpy, sys
        path, first, second, acknowledged = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
        for found, dtype in [(numpy.load(path + 'npy'), first), (numpy.load(path + 'npy', mmap_mode='r'), first),
                             (numpy.fromfile(path + 'raw', dtype=second), second)]:
            if found.dtype != dtype or len(found) < acknowledged:
                print(found.dtype, len(found), acknowledged)
            if not numpy.array_equal(found, (numpy.arange(len(found)) % 101 + 1).astype(dtype)):
                print('wrong elements', found)
        import os
        if os.path.getsize(path + 'raw') % numpy.dtype(second).itemsize: print('raw ends in a part')
        """, arguments: [server.path(), first.numpyName, second.numpyName, "\(acknowledged)"])
    #expect(problems == "", "seed \(Self.seed), killed after \(moment) µs, \(acknowledged) acknowledged")
  }

  /// Adds elements to both arrays until the server is gone, `i % 101 + 1` at `i`, and returns how many were
  /// acknowledged in each.
  private func add(to server: ModuleServer, killingAfter moment: Int) -> Int {
    let live = server.live
    let killed = DispatchSemaphore(value: 0)
    DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(moment)) {
      live.kill()
      killed.signal()
    }
    defer { killed.wait() }
    var (sent, acknowledged) = (0, 0)
    do {
      while true {
        // Few commands in a batch, so that many batches are acknowledged; one or three values in each command.
        let batch = 20
        let counts = (0..<batch).map { $0.isMultiple(of: 4) ? 3 : 1 }
        for count in counts {
          let values = (sent..<sent + count).map { Argument($0 % 101 + 1) }
          for key: Argument in ["npy", "raw"] { try server.connection.append(["MMAP.ADD", key] + values) }
          sent += count
        }
        try server.connection.flush()
        for count in counts {
          for _ in ["npy", "raw"] {
            let reply = try server.connection.readReply()
            #expect(reply == .integer(count))
          }
          acknowledged += count
        }
      }
    } catch ClientError.connection {
      // The end of the server.
    } catch {
      Issue.record(error)
    }
    return acknowledged
  }
}
