/// How a file's bytes are to be understood.
public enum FileFormat: Hashable, Sendable {
  /// A NumPy header, then the elements.
  case npy
  /// The elements and nothing else.
  case raw

  public var name: String {
    switch self {
    case .npy: "npy"
    case .raw: "raw"
    }
  }
}

/// What is asked of a file when it is mapped.
package struct MappingRequest: Equatable, Sendable {
  /// The element type, or nil for the header's, and f64 without a header.
  package var elementType: ElementType?
  /// Whether the file is to have no header.
  package var isRaw: Bool
  /// Elements in a row; nil if nothing is asked.
  package var columns: Int?
  package var access: Access
  /// Whether the file must be there: nothing is created.
  package var mustExist: Bool
  /// Whether the file must be exactly what it was.
  private(set) var isExact = false

  package init(
    elementType: ElementType? = nil, isRaw: Bool = false, columns: Int? = nil, access: Access = .writable
  ) {
    self.elementType = elementType
    self.isRaw = isRaw
    self.columns = columns
    self.access = access
    mustExist = access == .readOnly
  }

  /// Asks for a file that was mapped like this before.
  package init(_ layout: ArrayLayout, access: Access) {
    elementType = layout.elementType
    columns = layout.columns
    self.access = access
    isRaw = layout.format == .raw
    isExact = true
    mustExist = true
  }

  /// Whether an array that is mapped already is what is asked for.
  ///
  /// - Parameter rowSize: the elements in one of its rows.
  package func check(_ mapped: ArrayLayout, rowSize: Int) throws(MappedArrayError) {
    let type = mapped.elementType
    if isRaw && mapped.format == .npy { throw .rawContradictsHeader(type) }
    if isExact && !isRaw && mapped.format == .raw { throw .missingHeader(elementType ?? type) }
    switch (elementType, mapped.format) {
    case (let requested?, .npy) where requested != type: throw .type(recorded: type, requested: requested)
    case (let requested?, .raw) where requested != type: throw .typeInUse(type, requested: requested)
    default: break
    }
    if let columns, columns != rowSize {
      throw mapped.format == .npy
        ? .columns(recorded: rowSize, requested: columns) : .columnsInUse(rowSize, requested: columns)
    }
    if isExact, isRaw, columns != mapped.columns { throw .columnsInUse(rowSize, requested: columns ?? 1) }
  }
}

/// An open file that is known to hold an array: its format and element type are settled, it is locked if it is
/// writable, and nothing is mapped yet.
///
/// Making one decides everything about the file that can fail, so that a type that is only known at run time can be
/// turned into a `MappedArray<Element>` in the next step.
package struct ArrayFile: ~Copyable {
  let file: OpenedFile
  /// nil for a raw file.
  let header: NPYHeader?
  package let elementType: ElementType
  /// Elements in a row of a raw file, if that was asked for.
  let columns: Int?
  package let access: Access

  /// Whether opening it created it.
  package var isNew: Bool { file.isNew }
  package var path: RelativePath { file.path }
  package var identity: FileIdentity { file.status.identity }
  package var format: FileFormat { header == nil ? .raw : .npy }

  /// Opens a file for mapping; a missing one is created if `request` is for a writable array.
  ///
  /// An empty file gets a header if a type is named and `RAW` is not. A file with contents is not changed. What was
  /// created is removed again on an error.
  ///
  /// - Complexity: O(1), whatever the file's size.
  package init(
    opening path: RelativePath, in root: borrowing Root, for request: MappingRequest
  ) throws(MappedArrayError) {
    try ArrayFile.checkColumns(request)
    let file = try root.open(path, access: request.access, creating: !request.mustExist)
    do throws(MappedArrayError) {
      header = try ArrayFile.settle(file, in: root, for: request)
    } catch {
      // Another process may have found the new file and use it already.
      if file.isNew, !error.isOthers, file.isEmpty { root.remove(path) }
      throw error
    }
    elementType = header?.elementType ?? request.elementType ?? .f64
    columns = header == nil ? request.columns : nil
    access = request.access
    self.file = file
  }

  /// A row must be one that a file can have.
  private static func checkColumns(_ request: MappingRequest) throws(MappedArrayError) {
    guard let columns = request.columns else { return }
    let (bytes, overflow) = columns.multipliedReportingOverflow(by: (request.elementType ?? .f64).size)
    guard columns > 0, !overflow, bytes <= Int.max / 4 else { throw .rowSize(columns) }
  }

  consuming func takeDescriptor() -> Descriptor { file.takeDescriptor() }

  /// Locks the file if it is to be written, and reads its header, or writes one if it is to have one. nil: none.
  private static func settle(
    _ file: borrowing OpenedFile, in root: borrowing Root, for request: MappingRequest
  ) throws(MappedArrayError) -> NPYHeader? {
    if request.access == .writable {
      guard try file.onFile({ (descriptor) throws(SystemCallError) in try descriptor.tryLock() }) else {
        throw .locked(path: file.path.path.string)
      }
      // Another file may have taken its place before it was locked: what is written to this one nobody would find again.
      guard root.identity(of: file.path) == file.status.identity else { throw .replaced(path: file.path.path.string) }
    }
    // The size that counts is the one under the lock.
    let size = try file.onFile { (descriptor) throws(SystemCallError) in try descriptor.status().size }
    if size == 0, !request.mustExist, !request.isRaw, let type = request.elementType {
      guard let columns = request.columns else { return try writeHeader(NPYHeader(type), to: file) }
      guard let header = NPYHeader(type, shape: [0, columns]) else { throw .tooLarge }
      return try writeHeader(header, to: file)
    }
    let header = try readHeader(of: file.descriptor, size: size, path: file.path)
    let layout = ArrayLayout(
      header?.elementType ?? request.elementType ?? .f64, header == nil ? .raw : .npy, columns: request.columns)
    try request.check(layout, rowSize: header?.rowSize ?? request.columns ?? 1)
    return header
  }

  /// The header of a file; nil if it has none.
  static func readHeader(
    of descriptor: borrowing Descriptor, size: Int, path: RelativePath
  ) throws(MappedArrayError) -> NPYHeader? {
    let prefix = try descriptor.bytes(count: min(12, size), path: path)
    guard let length = try parsing({ () throws(NPYHeaderError) in try NPYHeaderParser.length(prefix: prefix) }) else {
      return nil
    }
    let bytes = try descriptor.bytes(count: min(length, size), path: path)
    return try parsing { () throws(NPYHeaderError) in try NPYHeaderParser.parse(bytes, fileSize: size) }
  }

  private static func parsing<Result>(
    _ body: () throws(NPYHeaderError) -> Result
  ) throws(MappedArrayError) -> Result {
    do {
      return try body()
    } catch {
      throw .header(error)
    }
  }

  private static func writeHeader(
    _ header: NPYHeader, to file: borrowing OpenedFile
  ) throws(MappedArrayError) -> NPYHeader {
    try file.onFile { (descriptor) throws(SystemCallError) in
      do throws(SystemCallError) {
        try header.bytes.span.withUnsafeBytes { (bytes) throws(SystemCallError) in
          try descriptor.write(bytes, at: 0)
        }
      } catch {
        // As it was: empty.
        try? descriptor.truncate(to: 0)
        throw error
      }
    }
    return header
  }
}
