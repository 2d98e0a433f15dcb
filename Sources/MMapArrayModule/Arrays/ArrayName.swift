import MappedArray

/// What an array is called on all nodes: its path on the primary, and what is there.
///
/// The layout belongs to it because a name may come to stand for another file while keys still miss the old one.
struct ArrayName: Hashable {
  let path: RelativePath
  let layout: ArrayLayout
}
