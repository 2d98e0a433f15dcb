import Glibc
import TestSupport
import Testing

struct PythonTests {
  @Test("a script's output, with NumPy and arguments")
  func output() throws {
    let script = "import numpy, sys; print(numpy.arange(3).sum(), sys.argv[1:])"
    let text = try Python.run(script: script, arguments: ["a b", ""])
    #expect(text == "3 ['a b', '']\n")
    #expect(try Python.run(script: "print('x' * 300000)").utf8.count == 300_001)
  }

  @Test("a script that fails or hangs")
  func failure() throws {
    let error = try #require(throws: ProcessError.self) { try Python.run(script: "raise ValueError('why')") }
    guard case .ended(.code(1), let output) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(output.contains("ValueError: why"))
    #expect(throws: ProcessError.timeout("python3", output: "")) {
      try Python.run(script: "import time; time.sleep(60)", timeout: .milliseconds(200))
    }
  }

  @Test("a process inherits no descriptor and no blocked signal")
  func inheritance() throws {
    let descriptor = open("/dev/null", O_RDONLY)
    defer { close(descriptor) }
    let output = try Python.run(
      script: """
        import os, signal
        print(sorted(int(fd) for fd in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{fd}')))
        print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
        """)
    #expect(output == "[0, 1, 2]\nset()\n")
  }
}
