extension Unmanaged {
  /// Calls `body` with an object that somebody else holds until it returns, without holding it too: to retain and release
  /// an object costs tens of instructions, of which a short command has a few hundred.
  @inline(__always)
  public func borrow<Result, Failure: Error>(
    _ body: (Instance) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result = _withUnsafeGuaranteedRef { (instance) -> Swift.Result<Result, Failure> in
      do throws(Failure) {
        return .success(try body(instance))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
