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
  /// The file that is the mark of `Root.setMark`.
  static var mark: RelativePath { RelativePath(staged: "unfinished") }

  /// Makes an empty file.
  ///
  /// - Parameters:
  ///   - root: what it is made below.
  ///   - number: one that no other staged file of this process has.
  package init(in root: borrowing Root, number: UInt64) throws(MappedArrayError) {
    let path = RelativePath(staged: "\(getpid())-\(number)")
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
