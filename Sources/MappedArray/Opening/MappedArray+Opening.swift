extension MappedArray where Element: MappableElement {
  /// Maps a `.npy` file for reading.
  ///
  ///     let prices = try MappedArray<Float>("prices.npy")
  ///
  /// - Parameter path: the file's, from the working directory on if it is relative.
  /// - Throws: `.type` if its elements are others, `.system` if it cannot be opened, `.header` or `.missingHeader` if it
  ///   is not such a file.
  /// - Complexity: O(1), whatever the file's size.
  public init(_ path: FilePath) throws(MappedArrayError) {
    try self.init(ArrayFile(at: path, elementType: Element.elementType, format: .npy, access: .readOnly))
  }

  /// Maps a `.npy` file for reading and writing. It is locked until the array is gone.
  ///
  /// - Throws: as ``init(_:)-(FilePath)``, and `.locked` if it is mapped for writing already, here or by another process.
  public init(updating path: FilePath) throws(MappedArrayError) {
    try self.init(ArrayFile(at: path, elementType: Element.elementType, format: .npy, access: .writable))
  }

  /// Makes a `.npy` file of zeros and maps it for reading and writing.
  ///
  /// - Parameters:
  ///   - path: the file's, which nothing may have yet. Its mode is 0666 less the umask.
  ///   - shape: its dimensions, rows first: `[0]` is an array that is empty as yet, `[0, 3]` has rows of three. There is
  ///     disk space for all of it then.
  /// - Throws: `.system` with `EEXIST` if there is a file, `.tooLarge` or `.negative` if that is the shape of no array.
  ///   Nothing is left behind then.
  public init(creating path: FilePath, shape: [Int] = [0]) throws(MappedArrayError) {
    try self.init(MappedFile(creating: path, of: Element.elementType, shape: shape))
  }

  /// Maps a file without a header for reading: its bytes are the elements, little-endian.
  ///
  /// - Throws: `.rawContradictsHeader` if it has a header, `.system` if it cannot be opened.
  public init(raw path: FilePath) throws(MappedArrayError) {
    try self.init(ArrayFile(at: path, elementType: Element.elementType, format: .raw, access: .readOnly))
  }

  /// As ``init(raw:)``, for reading and writing. It is locked until the array is gone.
  public init(updatingRaw path: FilePath) throws(MappedArrayError) {
    try self.init(ArrayFile(at: path, elementType: Element.elementType, format: .raw, access: .writable))
  }

  /// Makes a file without a header, of zeros, and maps it for reading and writing; see ``init(creating:shape:)``.
  public init(creatingRaw path: FilePath, count: Int = 0) throws(MappedArrayError) {
    try self.init(MappedFile(creatingRaw: path, of: Element.elementType, count: count))
  }

  /// Takes a file as what it is.
  ///
  /// - Throws: `.type` if its elements are others; the file is closed then.
  public init(_ file: consuming MappedFile) throws(MappedArrayError) {
    guard file.elementType == Element.elementType else {
      throw .type(recorded: file.elementType, requested: Element.elementType)
    }
    self.file = file
  }
}

extension MappedArray {
  /// - Precondition: `Element` is the type of the file's elements.
  init(of file: consuming MappedFile) { self.file = file }
}
