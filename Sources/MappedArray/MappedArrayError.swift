/// Why an array cannot be mapped or changed. The text says what was wrong and what would be right.
///
/// A few are for those only who map files below a root, for others: `.typeInUse`, `.replaced`, and paths outside it.
public enum MappedArrayError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A path that is not that of a regular file below the root.
  case path(PathError)
  /// A system call failed on the file at `path`.
  case system(SystemCallError, path: String)
  /// The file begins like a `.npy` file and cannot be mapped as one.
  case header(NPYHeaderError)
  /// The header records another type than the one that was asked for.
  case type(recorded: ElementType, requested: ElementType)
  /// The file is in use with another type.
  case typeInUse(ElementType, requested: ElementType)
  /// A file with a header was to be opened as a raw one.
  case rawContradictsHeader(ElementType)
  /// The file has no header, and was to have one: of elements of that type, if any is known.
  case missingHeader(ElementType)
  /// The file is mapped for writing already.
  case locked(path: String)
  /// A part of the file could not be had while it was read or written: it was cut, or the disk fails.
  case fault(path: String)
  /// The path names another file than the one that is mapped.
  case replaced(path: String)
  /// The header records rows of another size than was asked for.
  case columns(recorded: Int, requested: Int)
  /// The raw file is in use with rows of another size.
  case columnsInUse(Int, requested: Int)
  /// Rows of so many elements are none that a file can have.
  case rowSize(Int)
  /// The header leaves the elements where no span can be of them.
  case unaligned(dataOffset: Int, ElementType)
  /// The array was mapped without write access.
  case readOnly
  /// The raw file ends in a part of an element, so its length cannot be changed.
  case trailingBytes(Int, elementSize: Int)
  /// The raw file ends in a part of a row, so its length cannot be changed. Both in bytes.
  case trailingRow(Int, rowBytes: Int)
  /// Bytes that are no whole number of elements.
  case partialElement(bytes: Int, elementSize: Int)
  /// A count or an index below zero.
  case negative(Int)
  /// The array has several dimensions, and its length changes in whole rows only.
  case partialRow(elements: Int, rowSize: Int)
  /// The header's text has no room for a larger count.
  case headerFull
  /// The length would be more than a file can have.
  case tooLarge

  public enum PathError: Equatable, Sendable {
    case empty
    case tooLong(bytes: Int)
    case zeroByte
    case parentDirectory
    case outsideRoot(root: String)
    case reserved
    case notRegularFile
  }

  public var description: String {
    switch self {
    case .path(.empty): "the path names no file"
    case .path(.tooLong(let bytes)): "the path has \(bytes) bytes; at most \(RelativePath.mostBytes) are possible"
    case .path(.zeroByte): "the path contains a zero byte"
    case .path(.parentDirectory): "the path contains '..'; name the file relative to the root"
    case .path(.outsideRoot(let root)): "the path is outside the root '\(root)'; name a file inside it"
    case .path(.reserved): "the directory '.mmaparray' is kept for files on their way; name a file elsewhere"
    case .path(.notRegularFile):
      "the path names no regular file; directories, FIFOs, sockets and devices are not mapped"
    case .system(let error, let path): MappedArrayError.text(of: error, path: path)
    case .header(let error): "the file cannot be mapped: \(error)"
    case .type(let recorded, let requested):
      "the file's header records \(recorded.name), not \(requested.name); open it as MappedArray<\(recorded.swiftName)>"
    case .typeInUse(let type, let requested):
      "the file is mapped as \(type.name) by another key, not \(requested.name); name \(type.name)"
    case .rawContradictsHeader(let type):
      "the file is not raw: it has a .npy header, which records \(type.name); open it without 'raw'"
    case .missingHeader: "the file has no .npy header; open it with 'raw', or save it with numpy.save"
    case .locked(let path):
      "'\(path)' is mapped for writing already, by another process or by this one; open it for reading, or close it there"
    case .fault(let path): "a part of '\(path)' is gone: it was cut by another program, or the disk fails"
    case .replaced(let path): "'\(path)' names another file than a moment ago; try again"
    case .columns(let recorded, let requested):
      "the file's header records rows of \(recorded), not \(requested); name \(recorded), or no size"
    case .columnsInUse(let rowSize, let requested):
      "the file is mapped with rows of \(rowSize) by another key, not \(requested); name \(rowSize)"
    case .rowSize(let columns):
      "rows of \(columns) elements are none that a file can have; give 1 or more, as many as fit into a file"
    case .unaligned(let dataOffset, let type):
      "the file's header of \(dataOffset) bytes leaves its \(type.name) unaligned, so that there is no span of them; use "
        + "subscripts or elements(in:), or save the file again with numpy.save"
    case .readOnly: "the array is read-only; open it with MappedArray(updating:) to change it"
    case .trailingBytes(let bytes, let elementSize):
      "the file ends in \(bytes) bytes of a part of an element of \(elementSize); complete or remove them first"
    case .trailingRow(let bytes, let rowBytes):
      "the file ends in \(bytes) bytes of a part of a row of \(rowBytes); complete or remove them first"
    case .partialElement(let bytes, let elementSize):
      "\(bytes) bytes are no whole number of elements of \(elementSize); give a multiple of it"
    case .negative(let number): "\(number) is negative; counts and indexes begin at 0"
    case .partialRow(let elements, let rowSize):
      "\(elements) elements are no whole number of rows of \(rowSize); change the length by a multiple of it"
    case .headerFull: "the file's header has no room for a larger count; save the file again with numpy.save"
    case .tooLarge: "the array would be larger than a file can be"
    }
  }

  /// Whether the file that has the name now is in use by somebody else.
  var isOthers: Bool {
    switch self {
    case .locked, .replaced: true
    default: false
    }
  }

  private static func text(of error: SystemCallError, path: String) -> String {
    switch error.errno {
    case .tooManySymbolicLinkLevels, .improperLink:
      "'\(path)' leads through a symbolic link; name the file itself"
    case .fileExists: "'\(path)' exists already; open it with MappedArray(updating:), or name another file"
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem:
      "'\(path)': too many files are mapped; unmap some, or raise the limit of open files (ulimit -n, LimitNOFILE)"
    case .noMemory where error.name == "mmap":
      "'\(path)': there is no room to map it; unmap some files, or raise vm.max_map_count or the limit of address space "
        + "(ulimit -v)"
    default: "'\(path)': \(error)"
    }
  }
}

/// Whether an array may be changed.
public enum Access: Sendable {
  case readOnly, writable
}
