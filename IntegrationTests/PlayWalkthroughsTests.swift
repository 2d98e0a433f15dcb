import LiveServer
import Testing

/// `play-walkthroughs`, which `make run` starts.
struct PlayWalkthroughsTests {
  private let directory: TemporaryDirectory
  private let module: String

  init() throws {
    module = try Files.absolute(#require(Environment.module))
    directory = try TemporaryDirectory()
  }

  /// Runs the program, which lies beside that of the tests, as a child of a script that knows its words as `words`.
  private func run(_ script: String, _ walkthrough: String) throws -> String {
    try Files.write(Array(walkthrough.utf8), to: directory.path + "/text")
    let program = try Files.absolute("/proc/self/exe").split(separator: "/").dropLast().map { "/" + $0 }.joined()
    let prologue = """
      import os, pathlib, pty, re, signal, subprocess, sys
      words = sys.argv[2:]
      pathlib.Path(sys.argv[1] + '/tmp').mkdir()
      os.environ['TMPDIR'] = sys.argv[1] + '/tmp'

      """
    return try Python.run(
      script: prologue + script,
      arguments: [directory.path, program + "/play-walkthroughs", module, directory.path + "/text"])
  }

  private static let text = """
    > MMAP prices ROOT/prices.npy f32
    (integer) 0
    > VADD prices 1.5 2
    (integer) 2
    = numpy.load gives [1.5, 2] as float32, while the server has the file mapped
    """

  /// What is left of it.
  private func leftovers() throws -> [String] { try Files.names(in: directory.path + "/tmp") }

  @Test("without a terminal it ends by itself and leaves nothing")
  func noTerminal() throws {
    let output = try run("subprocess.run(words, check=True, stdin=subprocess.DEVNULL)", Self.text)
    #expect(output.hasPrefix("> MMAP prices prices.npy f32\n(integer) 0\n> "))
    #expect(output.hasSuffix("while the server has the file mapped ✓\n"))
    #expect(try leftovers() == [])
  }

  @Test("a reply that is not as it should be is an error")
  func mismatch() throws {
    let output = try run(
      "print(subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True))",
      "> MMAP a a\n(integer) 1\n")
    #expect(output.contains("returncode=1") && output.contains("line 1: "))
    #expect(try leftovers() == [])
  }

  @Test("on a terminal the server goes on until Ctrl-C, which ends all", arguments: [true, false])
  func terminal(isInteractive: Bool) throws {
    let script = """
      if \(isInteractive ? "False" : "True"): os.environ['NONINTERACTIVE'] = '1'
      child, terminal = pty.fork()
      if child == 0: os.execv(words[0], words)
      text, isInterrupted, gone = b'', False, None
      while True:
          try: text += os.read(terminal, 1000)
          except OSError: break
          if b'Ctrl-C stops' in text and not isInterrupted:
              port = re.search(rb'redis-cli -p (\\d+)', text).group(1).decode()
              print(subprocess.run(['redis-cli', '-p', port, 'VALL', 'prices'], capture_output=True, text=True).stdout)
              isInterrupted = True
              os.write(terminal, b'\\x03')
      print(isInterrupted, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), b'\\x1b[1;36m> MMAP prices' in text)
      """
    let output = try run(script, Self.text)
    #expect(output == (isInteractive ? "1.5\n2\n\nTrue 0 True\n" : "False 0 True\n"))
    #expect(try leftovers() == [])
  }

  @Test("a signal in the middle ends all too")
  func interruption() throws {
    let script = """
      child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
      while not os.path.exists(sys.argv[1] + '/reached'):
          assert child.poll() is None
      child.send_signal(signal.SIGTERM)
      print(child.wait())
      """
    let text = "$ python3: open('\(directory.path)/reached', 'w'); import time; time.sleep(60)\n"
    #expect(try run(script, text) == "\(128 + 15)\n")
    #expect(try leftovers() == [])
  }
}
