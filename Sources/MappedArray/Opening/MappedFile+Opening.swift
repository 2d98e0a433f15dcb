// Files whose element type is known at run time only, or not of interest.
extension MappedFile {
  /// Maps a `.npy` file for reading, whatever its elements are.
  ///
  /// - Parameter path: the file's, from the working directory on if it is relative.
  /// - Throws: `.system` if it cannot be opened, `.header` or `.missingHeader` if it is not such a file.
  /// - Complexity: O(1), whatever the file's size.
  public init(_ path: FilePath) throws(MappedArrayError) {
    try self.init(ArrayFile(at: path, elementType: nil, format: .npy, access: .readOnly))
  }

  /// Maps a `.npy` file for reading and writing, whatever its elements are. It is locked until the array is gone.
  ///
  /// - Throws: as ``init(_:)``, and `.locked` if it is mapped for writing already.
  public init(updating path: FilePath) throws(MappedArrayError) {
    try self.init(ArrayFile(at: path, elementType: nil, format: .npy, access: .writable))
  }

  /// Maps a file without a header, whose elements the program knows, for reading; with one it is an error.
  ///
  /// - Throws: `.rawContradictsHeader` if it has a header, `.system` if it cannot be opened.
  public init(raw path: FilePath, of elementType: ElementType) throws(MappedArrayError) {
    try self.init(ArrayFile(at: path, elementType: elementType, format: .raw, access: .readOnly))
  }

  /// As ``init(raw:of:)``, for reading and writing. It is locked until the array is gone.
  public init(updatingRaw path: FilePath, of elementType: ElementType) throws(MappedArrayError) {
    try self.init(ArrayFile(at: path, elementType: elementType, format: .raw, access: .writable))
  }

  /// Makes a `.npy` file of zeros and maps it for reading and writing.
  ///
  /// - Parameters:
  ///   - path: the file's, which nothing may have yet. Its mode is 0666 less the umask.
  ///   - elementType: the type of its elements.
  ///   - shape: its dimensions, rows first. There is disk space for all of it then.
  /// - Throws: `.system` with `EEXIST` if there is a file, `.tooLarge` or `.negative` if that is the shape of no array.
  ///   Nothing is left behind then.
  public init(creating path: FilePath, of elementType: ElementType, shape: [Int] = [0]) throws(MappedArrayError) {
    guard !shape.isEmpty else { throw .header(.noDimensions) }
    if let dimension = shape.first(where: { $0 < 0 }) { throw .negative(dimension) }
    guard let count = elementCount(shape: shape) else { throw .tooLarge }
    guard let header = NPYHeader(elementType, shape: shape) else { throw .header(.tooManyDimensions) }
    try self.init(creating: path, of: elementType, header: header, count: count)
  }

  /// Makes a file without a header, of zeros, and maps it for reading and writing; see ``init(creating:of:shape:)``.
  public init(creatingRaw path: FilePath, of elementType: ElementType, count: Int = 0) throws(MappedArrayError) {
    guard count >= 0 else { throw .negative(count) }
    try self.init(creating: path, of: elementType, header: nil, count: count)
  }

  private init(
    creating path: FilePath, of elementType: ElementType, header: NPYHeader?, count: Int
  ) throws(MappedArrayError) {
    let file = try ArrayFile(creating: path, elementType: elementType, header: header, count: count)
    do {
      try self.init(file)
    } catch {
      OpenedFile.remove(path)
      throw error
    }
  }

  /// Where the file is: the path that it was opened with.
  public var filePath: FilePath { path.path }
}
