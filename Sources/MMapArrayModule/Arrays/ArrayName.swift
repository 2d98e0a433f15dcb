import MappedArray

/// What an array is called on all nodes: its path on the primary, and what is there.
///
/// The layout belongs to it because a name may come to stand for another file while keys still miss the old one.
struct ArrayName: Hashable {
  let path: RelativePath
  let layout: ArrayLayout

  /// Asks for the file of that name, as it was mapped before: nothing is created.
  func request(for access: Access) -> MappingRequest {
    MappingRequest(layout, access: access)
  }
}

extension ServedArray {
  /// What its file can be found by now.
  var fileName: ArrayName { ArrayName(path: file.path, layout: file.layout) }
}
