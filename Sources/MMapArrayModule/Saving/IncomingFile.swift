import MappedArray

/// The staged file that contents go to. If it cannot be written the rest of the record is read all the same: the server
/// takes a record that is not read to its end for damaged, and a replica ends.
struct IncomingFile: ~Copyable {
  private let staging: Staging
  private var file: StagedFile?
  private var failure: MappedArrayError?

  init(_ staging: Staging) {
    self.staging = staging
    file = nil
    failure = nil
    do {
      file = try staging.begin()
    } catch {
      failure = error
    }
  }

  mutating func write(_ body: (inout StagedFile) throws(MappedArrayError) -> Void) {
    guard var open = file.take() else { return }
    do throws(MappedArrayError) {
      try body(&open)
      file = consume open
    } catch {
      file = consume open
      fail(error)
    }
  }

  mutating func fail(_ error: MappedArrayError) {
    if let open = file.take() { staging.remove(open.path) }
    failure = error
  }

  /// Closes the file.
  consuming func finish() -> Result<RelativePath, MappedArrayError> {
    if let open = file.take() { return .success(open.path) }
    return .failure(failure ?? .path(.empty))
  }
}
