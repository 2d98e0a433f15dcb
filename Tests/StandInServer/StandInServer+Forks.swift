import CStandInServer
import Glibc

extension StandInServer {
  /// Calls `body` in a forked child of this process and returns what it returns, or nil if it ends otherwise.
  ///
  /// In a process with many threads the child may wait for ever for what one of them had: do it where there are few.
  public func fork(_ body: @escaping () -> [UInt8]) -> [UInt8]? {
    thread.run {
      let work = ForkedWork(body)
      var output: Int32 = -1
      let child = withExtendedLifetime(work) {
        stand_in_fork({ ForkedWork.run($0, output: $1) }, Unmanaged.passUnretained(work).toOpaque(), &output)
      }
      guard child > 0 else { return nil }
      defer { close(output) }
      var (bytes, room) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
      while case let count = read(output, &room, room.count), count > 0 { bytes += room[..<count] }
      var status: Int32 = -1
      return waitpid(child, &status, 0) == child && status == 0 ? bytes : nil
    }
  }
}

/// What a child does.
private final class ForkedWork {
  private let body: () -> [UInt8]

  init(_ body: @escaping () -> [UInt8]) { self.body = body }

  static func run(_ data: UnsafeMutableRawPointer?, output: Int32) -> Int32 {
    guard let data else { return 1 }
    var rest = Unmanaged<ForkedWork>.fromOpaque(data).takeUnretainedValue().body()[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
      guard count > 0 else { return 1 }
      rest = rest.dropFirst(count)
    }
    return 0
  }
}
