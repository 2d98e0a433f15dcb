import ServerModule

extension Services {
  /// How many bytes a reply of so many things has at most, each of which has at most so many.
  ///
  /// - Parameter instead: what to ask for if it is too large.
  /// - Throws: `.largeReply` if `mmaparray.max-reply` does not allow as many.
  @inline(__always)
  func replyBytes(
    of count: Int, each size: Int, instead: @autoclosure () -> StaticString
  ) throws(CommandError) -> Int {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    let most = workSettings.mostReplyBytes
    guard !overflow, bytes <= most else { throw largeReply(overflow ? .max : bytes, most, instead()) }
    return bytes
  }

  @inline(never)
  private func largeReply(_ bytes: Int, _ most: Int, _ instead: StaticString) -> CommandError {
    memory.refuse()
    return .largeReply(bytes: bytes, most: most, instead: instead)
  }
}
