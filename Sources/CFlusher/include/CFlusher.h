// A thread that flushes files to the disk. It is in C because the server forks: it allocates nothing and takes no lock
// but its own, so a fork can meet it at any instruction and the child goes on.
#ifndef C_FLUSHER_H
#define C_FLUSHER_H

#include <stdbool.h>
#include <stdint.h>

/// A flush that has ended: what it was submitted with, and the errno of fdatasync(2) or 0.
struct flusher_result {
  uint64_t token;
  int error;
};

/// Starts the thread, at its first call. Returns a descriptor that is readable while there are results, or -1.
int flusher_start(void);

/// Gives the thread a descriptor to flush and then close. False, and the descriptor stays the caller's, if too many wait.
bool flusher_submit(int file, uint64_t token);

/// Takes a result. Returns whether there was one.
bool flusher_take(struct flusher_result *result);

#endif
