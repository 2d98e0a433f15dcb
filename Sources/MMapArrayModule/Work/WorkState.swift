/// What is being done with an array beyond its command.
struct WorkState {
  /// A change that counts as done and is still being carried out.
  var unfinishedChange: Job?
}
