import MappedArray
import ServerModule

/// The data type `mmaparray`: how the server saves, loads, copies and frees a key's binding.
enum BindingType {
  static let name: StaticString = "mmaparray"
  private static let encodingVersion: Int32 = 1

  static func register(_ context: Context) throws(LoadError) -> DataType<Binding> {
    try DataType(
      context, name: name, encodingVersion: encodingVersion,
      DataTypeMethods(
        load: { input, version in
          Services.withCurrent { BindingType.load(SavedValueReader(input), version: version, with: $0) }
        },
        save: { output, value in
          let writer = BindingWriter(output: SavedValueWriter(output), saving: Services.withCurrent { $0.saving })
          BindingType.borrow(value) { writer.save($0) }
        },
        rewrite: { output, key, value in
          let output = CommandWriter(output, key: key)
          let rewriter = BindingRewriter(output: output, saving: Services.withCurrent { $0.saving })
          BindingType.borrow(value) { rewriter.rewrite($0) }
        },
        free: { DataType<Binding>.takeBack($0) },
        memoryUsage: { value in BindingType.borrow(value) { $0.allHeapBytes } ?? 0 },
        digest: { digest, value in
          let arrays = Services.withCurrent { $0.arrays }
          BindingType.borrow(value) { BindingType.add($0, to: Digest(digest), in: arrays) }
        },
        copy: { _, _, value in BindingType.borrow(value) { $0.copy() }.map { DataType.handOver($0) } },
        freeEffort: { _, value in BindingType.borrow(value) { $0.freeEffort } ?? 1 }))
  }

  @discardableResult
  private static func borrow<Result>(_ value: UnsafeRawPointer?, _ body: (Binding) -> Result) -> Result? {
    DataType<Binding>.borrow(value, body)
  }

  private static func load(
    _ input: SavedValueReader, version: Int32, with services: Services
  ) -> UnsafeMutableRawPointer? {
    do throws(LoadError) {
      guard version == encodingVersion else {
        throw LoadError("it has version \(version); this module reads version \(encodingVersion)")
      }
      let binding = try BindingReader(input: input, staging: services.staging).binding()
      binding.file.array?.replication.key = input.key
      return DataType.handOver(binding)
    } catch {
      Context.none.log(.warning, "a saved binding cannot be read: \(error.message)")
      return nil
    }
  }

  /// Digests type and contents; of a binding without an array, its type.
  private static func add(_ binding: Binding, to digest: Digest, in arrays: ArrayRegistry) {
    Array(binding.elementType.name.utf8).withUnsafeBytes { digest.add($0) }
    if let array = binding.file.array {
      do throws(MappedArrayError) {
        try array.forEachPiece { digest.add($0) }
      } catch {
        // A digest has no error reply; the next command must not reply one for this.
        arrays.recover(array, after: .array(error))
      }
    }
    digest.end()
  }
}
