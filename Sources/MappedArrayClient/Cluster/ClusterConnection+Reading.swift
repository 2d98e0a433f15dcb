/// A command that only reads.
struct ReadRequest {
  let key: Argument
  /// The command, its key among them.
  let words: [Argument]
}

extension ClusterConnection {
  /// Sends requests to all their nodes at once, which work on them at the same time, and has `receive` read each reply.
  ///
  /// - Returns: what `receive` returned, in the order of the requests.
  func read<Value>(
    _ requests: [ReadRequest], _ receive: (Connection) throws(ClientError) -> Value
  ) throws(ClientError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(requests.count)
    // So many at a time that neither side has to hold much for the other.
    for start in stride(from: 0, to: requests.count, by: 256) {
      values += try readWindow(requests[start..<min(start + 256, requests.count)], receive)
    }
    return values
  }

  private func readWindow<Value>(
    _ requests: ArraySlice<ReadRequest>, _ receive: (Connection) throws(ClientError) -> Value
  ) throws(ClientError) -> [Value] {
    // What fails on the way is asked again, alone.
    let nodes = requests.map { request -> Connection? in
      guard let node = knownNode(of: request.key), (try? node.append(request.words)) != nil else { return nil }
      return node
    }
    for node in nodes { try? node?.flush() }
    var failure: ClientError?
    var values = zip(requests, nodes).map { request, node -> Value? in
      guard let node, node.failure == nil else { return nil }
      do throws(ClientError) {
        return try receive(node)
      } catch {
        // The replies that are on their way have to be read, or the next command would get them.
        if node.failure == nil, Redirection(error, askedAt: .unix(path: "")) == nil { failure = failure ?? error }
        return nil
      }
    }
    if let failure { throw failure }
    for (position, request) in requests.enumerated() where values[position] == nil {
      values[position] = try run(request.key, mayRepeat: true) { node throws(ClientError) in
        try node.append(request.words)
        try node.flush()
        return try receive(node)
      }
    }
    return values.compactMap { $0 }
  }
}
