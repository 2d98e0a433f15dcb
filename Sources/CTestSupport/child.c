#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { report = 3 };  // the descriptor on which a child that can't become the program says why

// Runs in the child of a process with many threads: only what is safe in a signal handler may be called.
static void become(
    char *const arguments[], int input, int output, int errors, const struct confinement *confinement, pid_t parent) {
  const int standard[] = {input, output, errors};
  if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return;
  // The parent may have ended before the line above.
  if (getppid() != parent) _exit(127);
  for (int i = 0; i < 3; i++)
    if (dup2(standard[i], i) < 0) return;
  if (close_range(report + 1, ~0U, 0) != 0) return;
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) return;
  if (!confine(confinement)) return;
  execvp(arguments[0], arguments);
}

pid_t child_start(
    char *const arguments[], int input, int output, int errors, const struct confinement *confinement, int *error) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    *error = errno;
    return -1;
  }
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    // These first leave the numbers that they or others are to have.
    const int in = fcntl(input, F_DUPFD, 10), out = fcntl(output, F_DUPFD, 10), err = fcntl(errors, F_DUPFD, 10);
    if (ends[1] != report) dup3(ends[1], report, O_CLOEXEC);
    become(arguments, in, out, err, confinement, parent);
    const int code = errno;
    if (write(report, &code, sizeof code) < 0) _exit(126);
    _exit(127);
  }
  int code = errno;
  close(ends[1]);
  if (child > 0) {
    ssize_t count;
    do count = read(ends[0], &code, sizeof code);
    while (count < 0 && errno == EINTR);
    if (count == sizeof code) {
      while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    } else {
      close(ends[0]);
      return child;
    }
  }
  close(ends[0]);
  *error = code;
  return -1;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *position) {
  (void)status, (void)kind, (void)position;
  return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

void remove_tree(const char *path) {
  nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
