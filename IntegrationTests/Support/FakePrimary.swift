import LiveServer

/// Somebody who says to be a server's primary, and sends it what no primary would.
enum FakePrimary {
  /// Makes `replica` follow it, sends an RDB file and then commands, and leaves when all that is done; the server is no
  /// replica any more then.
  static func feed(_ replica: ModuleServer, snapshot: [UInt8], commands: [[String]] = []) throws {
    let directory = try TemporaryDirectory()
    try Files.write(snapshot, to: directory.path + "/snapshot")
    try Files.write(stream(of: commands), to: directory.path + "/commands")
    try Python.run(script: script, arguments: [replica.live.socket, directory.path])
  }

  /// A binding without contents, one whose contents follow, and these in pieces.
  static func bindings(of key: String, shaped: String, to path: String) -> [[String]] {
    [
      ["MMAP.BIND", key, path, "i8", "raw", "writable"],
      ["MMAP.BIND", shaped, path, "i8", "raw", "writable", "FOLLOWS"],
      ["MMAP.CONTENTS", key, path, "i8", "raw", "1", "3"], ["MMAP.BACKFILL", key, path, "i8", "raw", "0", "xyz"],
      ["MMAP.COMPLETE", key, path, "i8", "raw"],
      ["MMAP.BIND", key, path, "i8", "raw", "writable", "ARRAY", path, "FILE", path, "EMPTY", "0"],
      ["MMAP.NAME", key, path],
    ]
  }

  /// Commands as they are sent, and as they stand in an AOF.
  static func stream(of commands: [[String]]) -> [UInt8] {
    let texts = commands.map { words in
      "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
    }
    return Array(texts.joined().utf8)
  }

  private static let script = """
    import socket, sys, time
    client = socket.socket(socket.AF_UNIX)
    client.connect(sys.argv[1])
    listener = socket.create_server(('127.0.0.1', 0))
    listener.settimeout(30)
    client.sendall(b'DEL done\\r\\n')
    assert client.recv(100).startswith(b':')
    client.sendall(b'REPLICAOF 127.0.0.1 %d\\r\\n' % listener.getsockname()[1])
    assert client.recv(100) == b'+OK\\r\\n'
    link, _ = listener.accept()
    link.settimeout(30)
    words = link.makefile('rb')
    def command():
        count = int(words.readline()[1:])
        return [words.read(int(words.readline()[1:]) + 2)[:-2] for _ in range(count)]
    while (name := command()[0].upper()) != b'PSYNC':
        link.sendall(b'+PONG\\r\\n' if name == b'PING' else b'+OK\\r\\n')
    snapshot, commands = (open(sys.argv[2] + '/' + name, 'rb').read() for name in ('snapshot', 'commands'))
    link.sendall(b'+FULLRESYNC %s 0\\r\\n$%d\\r\\n' % (b'a' * 40, len(snapshot)) + snapshot)
    link.sendall(commands + b'*3\\r\\n$3\\r\\nSET\\r\\n$4\\r\\ndone\\r\\n$1\\r\\n1\\r\\n')
    while True:
        client.sendall(b'GET done\\r\\n')
        reply = client.recv(100)
        assert reply
        if reply == b'$1\\r\\n': reply += client.recv(100)
        if reply == b'$1\\r\\n1\\r\\n': break
        time.sleep(0.003)
    client.sendall(b'REPLICAOF NO ONE\\r\\n')
    assert client.recv(100) == b'+OK\\r\\n'
    """
}
