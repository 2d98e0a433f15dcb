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
  package var access: Access
  /// Whether the file must be there: nothing is created.
  package var mustExist: Bool
  /// Whether the file must have a header.
  private(set) var needsHeader = false

  package init(elementType: ElementType? = nil, isRaw: Bool = false, access: Access = .writable) {
    self.elementType = elementType
    self.isRaw = isRaw
    self.access = access
    mustExist = access == .readOnly
  }

  /// Asks for a file that was mapped like this before.
  package init(elementType: ElementType, format: FileFormat, access: Access) {
    self.elementType = elementType
    self.access = access
    isRaw = format == .raw
    needsHeader = format == .npy
    mustExist = true
  }

  /// Whether an array that is mapped already is what is asked for.
  package func check(elementType mapped: ElementType, format: FileFormat) throws(MappedArrayError) {
    if isRaw && format == .npy { throw .rawContradictsHeader(mapped) }
    if needsHeader && format == .raw { throw .missingHeader(elementType ?? mapped) }
    switch (elementType, format) {
    case (let requested?, .npy) where requested != mapped: throw .type(recorded: mapped, requested: requested)
    case (let requested?, .raw) where requested != mapped: throw .typeInUse(mapped, requested: requested)
    default: break
    }
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
    let file = try root.open(path, access: request.access, creating: !request.mustExist)
    do throws(MappedArrayError) {
      header = try ArrayFile.settle(file, in: root, for: request)
    } catch {
      // Another process may have found the new file and use it already.
      if file.isNew, !error.isOthers, file.isEmpty { root.remove(path) }
      throw error
    }
    elementType = header?.elementType ?? request.elementType ?? .f64
    access = request.access
    self.file = file
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
      return try writeHeader(NPYHeader(type), to: file)
    }
    let header = try readHeader(of: file.descriptor, size: size, path: file.path)
    try request.check(
      elementType: header?.elementType ?? request.elementType ?? .f64, format: header == nil ? .raw : .npy)
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
