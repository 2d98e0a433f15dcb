import Glibc
import SystemPackage

/// The untyped part of an array: a mapped file, where its elements are, how many there are, and how it grows.
///
/// Lengths and positions are in elements unless they say bytes. The count covers only elements that were written, in
/// memory and in the file's header at every instant, so that other readers and a killed server find a valid array.
struct ArrayStorage: ~Copyable {
  let descriptor: Descriptor
  var mapping: Mapping
  /// The first element's address in the mapping. Valid for `count` elements.
  var elements: UnsafeMutableRawPointer
  var path: RelativePath
  let identity: FileIdentity
  let access: Access
  let elementType: ElementType
  /// nil for a raw file.
  var header: NPYHeader?
  /// In bytes.
  let dataOffset: Int
  let elementSize: Int
  var count: Int
  /// How many elements have disk space: those that were there, and the room that was reserved behind them.
  var capacity: Int
  /// In bytes, as last seen.
  var fileSize: Int
  /// The size that the file is being cut to, in bytes, while that is under way.
  var shrinkingTo: Int?
  /// Whether stores may meet a hole of a sparse file, where a full disk would be a fault signal and not an error. nil
  /// until something is first stored.
  var hasHoles: Bool?

  /// Maps an open file.
  static func map(_ file: consuming ArrayFile) throws(MappedArrayError) -> ArrayStorage {
    let size = try file.file.onFile { (descriptor) throws(SystemCallError) in try descriptor.status().size }
    let access = file.access
    let mapping = try file.file.onFile { (descriptor) throws(SystemCallError) in
      try Mapping(descriptor, size: size, access: access)
    }
    let (path, identity, elementType, header) = (file.path, file.identity, file.elementType, file.header)
    return ArrayStorage(
      descriptor: file.takeDescriptor(), mapping: mapping, size: size, path: path, identity: identity, access: access,
      elementType: elementType, header: header)
  }

  // Apart from `map`, because Swift 6.3 destroys fields that are not there yet when an initialiser of a type with a
  // `deinit` can throw between them.
  private init(
    descriptor: consuming Descriptor, mapping: consuming Mapping, size: Int, path: RelativePath,
    identity: FileIdentity, access: Access, elementType: ElementType, header: NPYHeader?
  ) {
    dataOffset = header?.dataOffset ?? 0
    elementSize = elementType.size
    count = header?.count ?? size / elementType.size
    capacity = header?.count ?? size / elementType.size
    elements = mapping.base + (header?.dataOffset ?? 0)
    fileSize = size
    self.path = path
    self.identity = identity
    self.access = access
    self.elementType = elementType
    self.header = header
    self.mapping = mapping
    self.descriptor = descriptor
  }

  deinit {
    // An orderly end: spare room is cut off. There is nobody left to tell of a failure, and a longer file is valid.
    let end = dataOffset + count * elementSize
    guard access == .writable, header != nil || shrinkingTo != nil, fileSize > end, !mapping.hasFailed else { return }
    // Never lengthens a file that somebody has cut.
    guard let status = try? descriptor.status(), status.size > end else { return }
    try? descriptor.truncate(to: end)
  }

  var format: FileFormat { header == nil ? .raw : .npy }
  var rowSize: Int { header?.rowSize ?? 1 }

  /// The dimensions. Rows of no elements cannot be counted: the header's number of them stands.
  var shape: [Int] {
    guard let header, header.rowSize > 0 else { return header?.shape ?? [count] }
    return [count / header.rowSize] + header.shape.dropFirst()
  }

  var isRaw: Bool { dataOffset == 0 }

  /// Where in the file an element begins, in bytes.
  func offset(of index: Int) throws(MappedArrayError) -> Int {
    let (bytes, overflow) = index.multipliedReportingOverflow(by: elementSize)
    let (offset, stillOverflow) = bytes.addingReportingOverflow(dataOffset)
    // Half of the address space: a mapping has room for twice the file.
    guard !overflow, !stillOverflow, offset <= Int.max / 2 else { throw .tooLarge }
    return offset
  }

  /// Runs system calls on the file and names it in what they throw.
  func onFile<Result: ~Copyable>(_ body: () throws(SystemCallError) -> Result) throws(MappedArrayError) -> Result {
    do {
      return try body()
    } catch {
      throw .system(error, path: path.path.string)
    }
  }
}

// MARK: - Faults

extension ArrayStorage {
  /// Throws if what has been read or written so far met a part of the file that is gone.
  @inline(__always)
  func checkFault() throws(MappedArrayError) {
    if mapping.hasFailed { throw .fault(path: path.path.string) }
  }

  /// Maps the file again, as it is now.
  ///
  /// - Throws: why it is no longer the array that it was.
  mutating func reload() throws(MappedArrayError) {
    let size = try onFile { () throws(SystemCallError) in try descriptor.status().size }
    if let old = header {
      let new = try ArrayFile.readHeader(of: descriptor, size: size, path: path)
      guard let new, new.elementType == elementType, new.dataOffset == old.dataOffset else {
        throw .header(.truncated)
      }
      header = new
    }
    mapping = try onFile { () throws(SystemCallError) in try Mapping(descriptor, size: size, access: access) }
    elements = mapping.base + dataOffset
    fileSize = size
    count = header?.count ?? size / elementSize
    capacity = count
    shrinkingTo = nil
    hasHoles = nil
  }
}
