import Dispatch
import Glibc
import LiveServer
import Synchronization
import Walkthroughs

/// `play-walkthroughs MODULE FILE…`: starts a server with the module, plays the walk-throughs on it, each reply and fact
/// checked, and leaves it running until Ctrl-C.
///
/// Without a terminal, or with `NONINTERACTIVE=1`, the server is stopped at the end.
@main
struct PlayWalkthroughs {
  static func main() {
    guard CommandLine.arguments.count > 2 else {
      complain("usage: play-walkthroughs MODULE FILE…")
      exit(2)
    }
    // All threads have them held back, so that this one can wait for them.
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGHUP, SIGINT, SIGTERM] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    do {
      let session = try Session(module: CommandLine.arguments[1])
      DispatchQueue.global().async { session.play(CommandLine.arguments.dropFirst(2)) }
      var signal: Int32 = 0
      while sigwait(&signals, &signal) != 0 {}
      session.end(status: nil, signal: signal)
    } catch {
      complain("\(error)")
      exit(1)
    }
  }
}

private func complain(_ text: String) {
  let line = text + "\n"
  write(STDERR_FILENO, line, line.utf8.count)
}

/// A server, what is seen of it, and its end.
private final class Session: Sendable {
  /// Holds all that this process makes in the file system.
  private let directory: TemporaryDirectory
  private let server: LiveServer
  private let terminal = Terminal()
  /// Whether all has been played, so that an interruption is the end that one expects.
  private let hasPlayed = Mutex(false)

  init(module: String) throws {
    directory = try TemporaryDirectory()
    setenv("TMPDIR", directory.path, 1)
    server = try LiveServer(
      module: module, configuration: WalkthroughPlayer.Persistence.appendOnlyFile.configuration, listensOnTCP: true)
  }

  func play(_ paths: some Sequence<String>) {
    do {
      let player = try WalkthroughPlayer(server, .appendOnlyFile, usesRelativePaths: true) { self.terminal.show($0) }
      for path in paths {
        do {
          try player.play(Walkthrough(path: path))
        } catch let error as WalkthroughError {
          throw Failure(description: "\(path), \(error)")
        }
      }
      guard terminal.isInteractive else { end(status: 0) }
      if !server.isRunning { try server.start() }
    } catch {
      complain("\(error)")
      end(status: 1)
    }
    hasPlayed.withLock { $0 = true }
    print(
      """

      The server goes on. Try it from another terminal:
        redis-cli -p \(server.port ?? 0)
        python3 -c "import numpy; print(numpy.load('\(server.directory)/arrays/prices.npy'))"
      Ctrl-C stops it and removes \(directory.path).
      """)
    fflush(nil)
  }

  /// Ends the server and this process, and removes what they have made.
  ///
  /// - Parameter status: what this process exits with; nil if it is for `signal` to say.
  func end(status: Int32?, signal: Int32 = 0) -> Never {
    // The lock is never released: who comes second waits for the end.
    hasPlayed.withLock { hasPlayed in
      server.remove()
      directory.remove()
      exit(status ?? (hasPlayed ? 0 : 128 + signal))
    }
  }
}

private struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// Shows a walk-through, with colours and at a pace that one can follow if somebody is there.
private struct Terminal: Sendable {
  /// Whether somebody can end it by Ctrl-C.
  let isInteractive: Bool
  private let hasColours: Bool

  init() {
    let isRefused = getenv("NONINTERACTIVE").map { $0.pointee != 0 } ?? false
    isInteractive = isatty(STDIN_FILENO) == 1 && !isRefused
    hasColours = isatty(STDOUT_FILENO) == 1
  }

  func show(_ event: WalkthroughPlayer.Event) {
    switch event {
    case .command(let words):
      print(styled("> " + words.joined(separator: " "), "1;36"))
      pause()
    case .reply(let lines): for line in lines { print(line) }
    case .action(let text):
      // A remark on how tests do it is of no concern here.
      let end = text.hasPrefix("python3: ") ? nil : text.firstRange(of: " (")?.lowerBound
      print(styled("$ " + text[..<(end ?? text.endIndex)].replacing("ROOT/", with: ""), "2"))
    case .fact(let text): print(styled("= \(text.replacing("ROOT/", with: "")) ✓", "2"))
    }
    fflush(nil)
  }

  private func pause() {
    if isInteractive { usleep(100_000) }
  }

  private func styled(_ text: some StringProtocol, _ style: String) -> String {
    hasColours ? "\u{1B}[\(style)m\(text)\u{1B}[0m" : String(text)
  }
}
