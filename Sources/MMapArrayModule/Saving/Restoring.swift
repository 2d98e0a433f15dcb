import BindingRecords
import MappedArray
import ServerModule

/// What RESTORE, and MIGRATE on the server that keys move to, do with a binding and its contents.
///
/// No file is touched that an array is bound to: the restored array gets a name of its own then. The primary decides that;
/// its replicas and the AOF are told before they carry out the RESTORE.
final class Restoring {
  private let files: BoundFiles
  private let stream: ReplicationStream
  private let backfill: Backfill
  /// A name that is not the payload's, for the RESTORE of a key: what this server has chosen, and its replicas are to be
  /// told, or what it was told.
  private var chosen: (key: [UInt8], path: RelativePath)?

  init(_ files: BoundFiles, _ stream: ReplicationStream, _ backfill: Backfill) {
    self.files = files
    self.stream = stream
    self.backfill = backfill
  }

  /// Whether it is this server that chooses names.
  var decides: Bool { stream.isPrimary }

  // MARK: - Names

  /// The path that was chosen for the array that a RESTORE of this key has brought, if it is not the payload's.
  func takeChosen(for key: UnsafeRawBufferPointer) -> RelativePath? {
    guard let chosen, chosen.key.elementsEqual(key) else { return nil }
    self.chosen = nil
    return chosen.path
  }

  /// The next RESTORE of this key brings an array that is called `path`.
  func choose(_ path: RelativePath, for key: [UInt8]) { chosen = (key, path) }

  /// A path that no array is bound to: the one that is asked for, or one that is made of it and of a digest.
  func freePath(_ path: RelativePath, digest: UInt64) -> RelativePath {
    guard isBound(path) else { return path }
    let text = String(digest, radix: 16)
    let digits = String(repeating: "0", count: 16 - text.count) + text
    var (result, number) = (path.marked(".restored-", digits), 2)
    while isBound(result) {
      result = path.marked(".restored-", "\(digits)-\(number)")
      number += 1
    }
    return result
  }

  private func isBound(_ path: RelativePath) -> Bool {
    files.place(boundBy: path) != nil || files.arrays.array(at: path) != nil
  }

  // MARK: - Bindings

  /// A binding without contents.
  func binding(_ saved: SavedBinding) -> Binding {
    let file = saved.bind(in: files)
    if saved.record.flags.contains(.absent) {
      if !file.hasContents { file.withdraw(stream.isPrimary ? .incomplete : .missingOnPrimary) }
    } else if stream.isPrimary || saved.record.access == .readOnly {
      file.attach()
      // Replicas do not take what they find.
      if let array = file.array, saved.record.access == .writable { backfill.announceSoon(array, .none) }
    } else if !file.hasContents {
      file.withdraw(.notArrived)
    }
    return saved.binding(to: file, in: files)
  }

  /// A binding with contents.
  func binding(
    _ saved: SavedBinding, _ contents: Result<RelativePath, MappedArrayError>, digest: UInt64
  ) throws(LoadError) -> Binding {
    guard case .file(let path) = saved.file else { throw LoadError("its path is none") }
    guard decides else { return follow(saved, contents, at: path) }
    do throws(MappedArrayError) {
      let staged = try contents.get()
      let new = freePath(path, digest: digest)
      do throws(MappedArrayError) {
        try clear(new)
        try files.arrays.root.install(staged, at: new) { _ in false }
      } catch {
        files.arrays.root.remove(staged)
        throw error
      }
      chosen = new == path ? nil : (saved.key, new)
      let file = saved.bind(at: .file(new), in: files)
      file.attach()
      file.array?.replication.isAnnounced = true
      return saved.binding(to: file, in: files)
    } catch {
      throw LoadError(error.reply)
    }
  }

  /// Whether the file that has a name is mapped here: contents that came before, which others may still be using.
  func isServed(_ path: RelativePath) -> Bool {
    files.arrays.root.identity(of: path).map(files.arrays.hasLocked) ?? false
  }

  /// What has a name that nothing is bound to gets another one.
  func clear(_ path: RelativePath) throws(MappedArrayError) {
    guard let aside = try files.arrays.root.setAside(path) else { return }
    Context.none.log(.warning, "\(quoted(path.bytes)) was in the way: it is \(quoted(aside.bytes)) now")
  }

  /// What the primary has done already.
  private func follow(
    _ saved: SavedBinding, _ contents: Result<RelativePath, MappedArrayError>, at path: RelativePath
  ) -> Binding {
    let file = saved.bind(at: .file(path), in: files)
    do throws(MappedArrayError) {
      file.stage(try files.arrays.openStaged(contents.get(), file))
      file.install()
    } catch {
      Context.none.log(.warning, "\(quoted(path.bytes)) has come from the master and cannot be stored: \(error)")
      file.withdraw(.failed(error.reply))
    }
    return saved.binding(to: file, in: files)
  }
}
