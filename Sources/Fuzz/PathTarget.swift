import Glibc

@testable import MappedArray

/// Paths: what is accepted is plain, stays what it is, and opens nothing outside the root, with `openat2` and without.
///
/// An input whose first byte is odd is a path; else its bytes choose names.
final class PathTarget: FuzzTarget {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  func run(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let rest = input.dropFirst()
    guard kind % 2 == 0 else { return check(Array(rest)) }
    let relative = rest.map { Sandbox.names[Int($0) % Sandbox.names.count] }.joined(separator: "/")
    check(Array((kind % 4 == 0 ? relative : "\(sandbox.root.path)/\(relative)").utf8))
  }

  private func check(_ bytes: [UInt8]) {
    let path: RelativePath
    do throws(MappedArrayError) {
      path = try read(bytes)
    } catch {
      return require(!error.description.isEmpty, "an error says nothing")
    }
    let names = path.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    require(!names.contains { $0.isEmpty || $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }, "not plain")
    require(!path.bytes.contains(0) && path.bytes.count <= RelativePath.mostBytes, "the system takes no such path")
    require(!names[0].elementsEqual(".mmaparray".utf8), "files on their way can be reached")
    require((try? read(path.bytes)) == path, "it is another path when it is read again")
    require(isInside(path, walking: false) == isInside(path, walking: true), "to walk leads elsewhere")
  }

  private func read(_ bytes: [UInt8]) throws(MappedArrayError) -> RelativePath {
    try bytes.span.withUnsafeBytes { (bytes) throws(MappedArrayError) in try sandbox.root.relativePath(bytes) }
  }

  /// Whether the path can be opened; the file is inside the root then.
  private func isInside(_ path: RelativePath, walking: Bool) -> Bool {
    if walking { return isInside(path, of: sandbox.walkedRoot) }
    return isInside(path, of: sandbox.root)
  }

  private func isInside(_ path: RelativePath, of root: borrowing Root) -> Bool {
    guard let file = try? root.open(path, access: .readOnly, creating: false) else { return false }
    var name = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink("/proc/self/fd/\(file.descriptor.file.rawValue)", &name, Int(PATH_MAX))
    require(count > 0, "the file has no name")
    let bytes = name[..<count].map { UInt8(bitPattern: $0) }
    require(bytes == Array("\(root.path)/".utf8) + path.bytes, "the file is elsewhere")
    return true
  }
}
