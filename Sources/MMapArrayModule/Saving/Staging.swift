import CModuleShim
import MappedArray

/// Files that have arrived with saved bindings, and how they take their places.
///
/// In a full synchronisation all do so at its end, when the server exchanges the data sets: until then keys of the old
/// one keep the old files. A file of RESTORE does so at once, and what is in its way is set aside.
final class Staging {
  private var lastNumber: UInt64 = 0
  /// Where the file of a path is until the end of the full synchronisation.
  private var staged: [RelativePath: RelativePath] = [:]

  /// Makes a new staged file.
  func begin() throws(LoadError) -> StagedFile {
    lastNumber += 1
    do {
      return try Module.current.makeStagedFile(number: lastNumber)
    } catch {
      throw LoadError(message: "\(error)")
    }
  }

  /// A binding that came without contents: to the file of another key that came with them, or to what is there.
  func binding(_ record: BindingReader.Fields) -> Binding {
    guard let path = staged[record.path], let binding = bind(record, to: path) else { return record.binding() }
    return binding
  }

  /// A binding that came with contents.
  func binding(_ record: BindingReader.Fields, staged file: RelativePath) throws(LoadError) -> Binding {
    guard Module.current.lifecycle.loading == .none else {
      guard let binding = bind(record, to: file) else { throw LoadError(message: "its file cannot be mapped") }
      if let older = staged.updateValue(file, forKey: record.path) { Module.current.remove(older) }
      return binding
    }
    do {
      try install(file, at: record.path, record.format)
    } catch {
      Module.current.remove(file)
      throw LoadError(message: "\(error)")
    }
    return record.binding()
  }

  /// Ends a full synchronisation.
  func end(installing: Bool) {
    for (path, file) in staged {
      guard installing else {
        Module.current.remove(file)
        continue
      }
      do {
        try Module.current.rename(file, to: path)
      } catch {
        log(nil, .warning, "a file of the master cannot take its place: \(error)")
      }
    }
    staged = [:]
  }

  /// Replaces a file with an empty array, for a replica whose master has mapped that path.
  func replace(
    _ path: RelativePath, _ elementType: ElementType, _ format: FileFormat, shape: [Int]
  ) throws(LoadError) {
    var file = try begin()
    let staged = file.path
    do throws(MappedArrayError) {
      if format == .npy { try file.appendHeader(elementType, shape: shape) }
      try Module.current.rename(staged, to: path)
    } catch {
      Module.current.remove(staged)
      throw LoadError(message: "\(error)")
    }
  }

  private func bind(_ record: BindingReader.Fields, to file: RelativePath) -> Binding? {
    let request = MappingRequest(elementType: record.elementType, format: record.format, access: record.access)
    guard let array = try? Module.current.open(file, for: request) else { return nil }
    return Binding(path: record.path, access: record.access, array: array)
  }

  private func install(
    _ file: RelativePath, at path: RelativePath, _ format: FileFormat
  ) throws(MappedArrayError) {
    if Module.current.identity(of: path) != nil {
      if (try? Module.current.haveSameContents(file, path, format: format)) == true {
        Module.current.remove(file)
        return
      }
      let aside = try Module.current.setAside(path)
      log(nil, .warning, "\(quoted(path.bytes)) was in the way of RESTORE: it is \(quoted(aside.bytes)) now")
    }
    try Module.current.rename(file, to: path)
  }
}
