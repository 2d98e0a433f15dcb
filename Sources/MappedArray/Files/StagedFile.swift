import Glibc
import SystemPackage

/// A new file that is made in a corner of the root and takes its place when it is complete.
///
/// The place it is made in, `.mmaparray/` below the root, can be reached by nobody else: see `RelativePath`.
package struct StagedFile: ~Copyable {
  /// Where it is until it is installed.
  package let path: RelativePath
  private let descriptor: Descriptor
  private var size = 0

  static let directory = FilePath.Component(".mmaparray")
  static let prefix = "staged-"

  /// Makes an empty file below `root`, which is locked as long as this lives.
  package init(in root: borrowing Root) throws(MappedArrayError) {
    // Process numbers are not enough: servers in containers of their own may share a root.
    let path = RelativePath(staged: StagedFile.prefix + String(UInt64.random(in: 0 ... .max), radix: 16))
    let file = try root.openStaged(path)
    self.path = path
    descriptor = file.takeDescriptor()
  }

  /// Appends bytes.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(MappedArrayError) {
    do throws(SystemCallError) {
      try descriptor.write(bytes, at: size)
    } catch {
      throw .system(error, path: path.path.string)
    }
    size += bytes.count
  }

  /// Appends zeros for the elements of an array of that shape, for which disk space is reserved.
  ///
  /// - Throws: `.tooLarge` if the shape is that of no array.
  package mutating func appendZeros(_ elementType: ElementType, shape: [Int]) throws(MappedArrayError) {
    guard let count = elementCount(shape: shape) else { throw .tooLarge }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: elementType.size)
    let (end, stillOverflow) = size.addingReportingOverflow(bytes)
    guard !overflow, !stillOverflow else { throw .tooLarge }
    guard bytes > 0 else { return }
    do throws(SystemCallError) {
      try descriptor.allocate(size..<end)
    } catch {
      throw .system(error, path: path.path.string)
    }
    size = end
  }

  /// Appends the header of an array of that shape, which is what a file with a header begins with.
  ///
  /// - Throws: `.tooLarge` if the shape is that of no array.
  package mutating func appendHeader(_ elementType: ElementType, shape: [Int]) throws(MappedArrayError) {
    guard let header = NPYHeader(elementType, shape: shape) else { throw .tooLarge }
    try header.bytes.span.withUnsafeBytes { (bytes) throws(MappedArrayError) in try append(bytes) }
  }
}
