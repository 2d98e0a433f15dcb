import SystemPackage

/// A file of numbers: mapped, never loaded.
///
/// It knows how large its elements are and not what they mean: see ``MappedArray`` for that. The file is the data. Reads
/// and writes of elements that are there go to the mapping; other programs see them at once. See `ArrayFile` for how a
/// file is opened, and `FileFormat` for what it looks like.
///
/// Lengths and positions are in elements unless they say bytes. The count covers only elements that were written, in
/// memory and in the file's header at every instant, so that other readers and a killed process leave a valid array.
public struct MappedFile: ~Copyable {
  let descriptor: Descriptor
  var mapping: Mapping
  /// The first element's address in the mapping. Valid for `count` elements, and unaligned: a header may have any length.
  @usableFromInline
  var elements: UnsafeMutableRawPointer
  package internal(set) var path: RelativePath
  package let identity: FileIdentity
  public let access: Access
  public let elementType: ElementType
  /// nil for a raw file.
  var header: NPYHeader?
  /// Elements in a row of a raw file, if it has been mapped with rows.
  let columns: Int?
  /// In bytes.
  let dataOffset: Int
  /// In bytes.
  public let elementSize: Int
  /// How many elements there are. A raw file may have been lengthened by another program since: see `refresh()`.
  public internal(set) var count: Int
  /// How many elements have disk space: those that are there, and the room that is reserved behind them.
  package internal(set) var capacity: Int
  /// In bytes, as last seen.
  var fileSize: Int
  /// The size that the file is being cut to, in bytes, while that is under way.
  @usableFromInline
  var shrinkingTo: Int?
  /// Whether stores may meet a hole of a sparse file, where a full disk would be a fault signal and not an error. nil
  /// until something is first stored.
  @usableFromInline
  var hasHoles: Bool?
  /// Whether the kernel cannot tell what is in memory: then all is taken to be.
  var isResidencyUnknown = false
  /// Those on other threads; nil until there are any.
  var readers: ElementReaders?

  /// Maps an open file.
  ///
  /// - Throws: `.system` if the file cannot be mapped.
  /// - Complexity: O(1), whatever the file's size.
  package init(_ file: consuming ArrayFile) throws(MappedArrayError) {
    let size = try file.file.onFile { (descriptor) throws(SystemCallError) in try descriptor.status().size }
    let access = file.access
    let mapping = try file.file.onFile { (descriptor) throws(SystemCallError) in
      try Mapping(descriptor, size: size, access: access)
    }
    let (path, identity, elementType, header) = (file.path, file.identity, file.elementType, file.header)
    let columns = file.columns
    self.init(
      descriptor: file.takeDescriptor(), mapping: mapping, size: size, path: path, identity: identity, access: access,
      elementType: elementType, header: header, columns: columns)
  }

  // All at once, because Swift 6.3 destroys fields that are not there yet when an initialiser of a type with a `deinit`
  // can throw between them.
  private init(
    descriptor: consuming Descriptor, mapping: consuming Mapping, size: Int, path: RelativePath,
    identity: FileIdentity, access: Access, elementType: ElementType, header: NPYHeader?, columns: Int?
  ) {
    let elementSize = elementType.size
    let count = header?.count ?? MappedFile.wholeCount(size: size, elementSize: elementSize, columns: columns)
    self.columns = columns
    dataOffset = header?.dataOffset ?? 0
    self.elementSize = elementSize
    self.count = count
    capacity = count
    elements = mapping.base + (header?.dataOffset ?? 0)
    fileSize = size
    self.path = path
    self.identity = identity
    self.access = access
    self.elementType = elementType
    self.header = header
    self.mapping = mapping
    // The mapping has an open file of its own, and reads ahead. What is read by this one is read for one page of it.
    descriptor.expectRandomReads()
    self.descriptor = descriptor
  }

  deinit {
    // An orderly end: spare room is cut off. There is nobody left to hear of a failure, and a longer file is valid.
    let end = dataOffset + count * elementSize
    guard access == .writable, header != nil || shrinkingTo != nil, fileSize > end, !mapping.hasFailed else { return }
    // Never lengthens a file that somebody has cut.
    guard let status = try? descriptor.status(), status.size > end else { return }
    try? descriptor.truncate(to: end)
  }

  /// Maps the same file again as `file`, which may have been opened with another access.
  ///
  /// - Throws: `.replaced` if that is another file, `.type` if its elements are others. The old mapping stays then.
  package mutating func replaceMapping(with file: consuming ArrayFile) throws(MappedArrayError) {
    guard file.identity == identity else { throw .replaced(path: file.path.path.string) }
    guard file.elementType == elementType, file.format == format, file.columns == columns else {
      throw .type(recorded: file.elementType, requested: elementType)
    }
    // What has been reserved and not used would count as a part of the new one.
    if access == .writable { try trim() }
    let readers = readers
    self = try MappedFile(file)
    self.readers = readers
    updateReaders()
  }

  public var format: FileFormat { header == nil ? .raw : .npy }
  /// Elements in a row; lengths change by whole rows.
  public var rowSize: Int { header?.rowSize ?? columns ?? 1 }

  package var layout: ArrayLayout { ArrayLayout(elementType, format, columns: columns) }

  /// How many elements a raw file of that size has: whole ones, in whole rows.
  static func wholeCount(size: Int, elementSize: Int, columns: Int?) -> Int {
    guard let columns else { return size / elementSize }
    return size / (elementSize * columns) * columns
  }

  func wholeCount(size: Int) -> Int {
    MappedFile.wholeCount(size: size, elementSize: elementSize, columns: columns)
  }

  /// In bytes.
  private var rawRowSize: Int { elementSize * (columns ?? 1) }

  /// Bytes behind the last element, or row, of a raw file that are a part of one.
  var trailingBytes: Int { fileSize % rawRowSize }

  /// How many rows there are.
  public var rowCount: Int {
    guard let header else { return count / (columns ?? 1) }
    // Rows of no elements cannot be counted: the header's number of them stands.
    return header.rowSize > 0 ? count / header.rowSize : header.shape[0]
  }

  /// The dimensions, rows first. The product is the count.
  public var shape: [Int] { [rowCount] + rowShape }

  /// The dimensions behind the first.
  var rowShape: ArraySlice<Int> { header?.shape.dropFirst() ?? columns.map { [$0] } ?? [] }

  /// As many elements as are whole rows, of which there is at least one: the length changes by those only.
  package func wholeRows(within elements: Int) -> Int {
    let size = max(rowSize, 1)
    return max(elements / size, 1) * size
  }

  /// Bytes of the file, all of which are mapped.
  package var mappedBytes: Int { fileSize }

  /// All that is known of the array. How much of it is in memory is not: to ask for that takes a system call for each part
  /// of the file, which the system call filters of servers' units do not allow.
  package var info: ArrayInfo {
    ArrayInfo(count: count, shape: shape, capacity: capacity, mappedBytes: mappedBytes)
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

  func checkWritable() throws(MappedArrayError) {
    guard access == .writable else { throw .readOnly }
  }

  /// Makes sure that the mapping covers `size` bytes, growing it at least twofold.
  mutating func ensureMapped(_ size: Int) throws(MappedArrayError) {
    guard size > mapping.length else { return }
    mapping = try onFile { () throws(SystemCallError) in try Mapping(descriptor, size: size, access: access) }
    elements = mapping.base + dataOffset
    updateReaders()
  }
}

/// What is known of an array at one moment.
package struct ArrayInfo: Equatable, Sendable {
  /// Elements.
  package let count: Int
  /// The dimensions, rows first. The product is the count.
  package let shape: [Int]
  /// Elements that the file has disk space for.
  package let capacity: Int
  /// Bytes of the file, all of which are mapped.
  package let mappedBytes: Int
}

// A file is changed by its one owner only, which no two threads are at once; to look at it changes nothing. What the fault
// guard notes of it is atomic.
extension MappedFile: @unchecked Sendable {}
