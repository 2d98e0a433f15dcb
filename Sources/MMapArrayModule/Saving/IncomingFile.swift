import MappedArray

/// The staged file that contents go to. If it cannot be written the rest of the record is read all the same: the server
/// takes a record that is not read to its end for damaged, and a replica ends.
struct IncomingFile: ~Copyable {
  private var file: StagedFile?
  private var failure: MappedArrayError?

  init(_ root: borrowing Root) {
    file = nil
    failure = nil
    do {
      file = try StagedFile(in: root)
    } catch {
      failure = error
    }
  }

  mutating func write(_ body: (inout StagedFile) throws(MappedArrayError) -> Void) {
    guard failure == nil, var open = file.take() else { return }
    do throws(MappedArrayError) {
      try body(&open)
    } catch {
      failure = error
    }
    file = consume open
  }

  mutating func fail(_ error: MappedArrayError) {
    failure = failure ?? error
  }

  /// Closes the file, and removes it if it has not got all.
  consuming func finish(_ root: borrowing Root) -> Result<RelativePath, MappedArrayError> {
    guard let open = file.take() else { return .failure(failure ?? .path(.empty)) }
    guard let failure else { return .success(open.path) }
    root.remove(open.path)
    return .failure(failure)
  }
}
