#define _GNU_SOURCE
#include "CFileLocks.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

// Descriptors with a lock. No more are possible: the kernel's limit (fs.nr_open) is this unless somebody raises it.
enum { most = 1 << 20 };
static _Atomic(bool) held[most];
static atomic_int end;

// Runs in a child that has only this thread: no lock may be waited for and nothing allocated.
static void leave_locks(void) {
  for (int file = 0; file < atomic_load(&end); file++) {
    if (!atomic_load(&held[file])) continue;
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    int again = open(name, O_RDONLY | O_CLOEXEC);
    if (again < 0) continue;
    dup3(again, file, O_CLOEXEC);
    close(again);
  }
}

static void prepare(void) { pthread_atfork(NULL, NULL, leave_locks); }

int file_lock_take(int file) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) return -1;
  if (file < most) {
    atomic_store(&held[file], true);
    int known = atomic_load(&end);
    while (known <= file && !atomic_compare_exchange_weak(&end, &known, file + 1)) {}
  }
  return 0;
}

void file_lock_give(int file) {
  if (file >= most || atomic_exchange(&held[file], false)) flock(file, LOCK_UN);
}
