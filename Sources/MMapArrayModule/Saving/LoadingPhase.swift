/// Why bindings are being loaded.
enum LoadingPhase {
  /// They are not, or by a command such as RESTORE.
  case none
  /// After a restart, or DEBUG RELOAD: the files are what they are.
  case restart
  /// From a primary: its contents replace those here.
  case synchronization
}
