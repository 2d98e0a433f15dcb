import Glibc

/// Calls `body` without letting a write to a closed socket send `SIGPIPE`, which would end the process.
///
/// hiredis writes without `MSG_NOSIGNAL`. The signal goes to the thread that writes: it is held back there, and taken
/// away if `body` raised it; the process's own disposition is not touched.
func withoutBrokenPipeSignal<Result>(_ body: () -> Result) -> Result {
  var brokenPipe = sigset_t()
  sigemptyset(&brokenPipe)
  sigaddset(&brokenPipe, SIGPIPE)
  var pending = sigset_t()
  sigpending(&pending)
  let wasPending = sigismember(&pending, SIGPIPE) == 1
  var previous = sigset_t()
  pthread_sigmask(SIG_BLOCK, &brokenPipe, &previous)
  defer {
    let code = errno
    if !wasPending {
      var noWait = timespec()
      while sigtimedwait(&brokenPipe, nil, &noWait) == -1, errno == EINTR {}
    }
    pthread_sigmask(SIG_SETMASK, &previous, nil)
    errno = code
  }
  return body()
}
