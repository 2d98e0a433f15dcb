// Threads that flush files to the disk. They are in C because the server forks: they allocate nothing and take no lock
// but their own, so a fork can meet them at any instruction and the child goes on.
#ifndef C_FLUSHER_H
#define C_FLUSHER_H

#include <stdbool.h>
#include <stdint.h>

/// A flush that has ended: what it was submitted with, and the errno of fdatasync(2) or 0.
struct flusher_result {
  uint64_t token;
  int error;
};

/// Starts the threads, at its first call. Returns a descriptor that is readable while there are results, or -1.
int flusher_start(void);

/// Gives a thread a descriptor to flush and then close; several files are flushed at the same time. False, and the descriptor stays the caller's, if too many wait.
bool flusher_submit(int file, uint64_t token);

/// Takes a result. Returns whether there was one.
bool flusher_take(struct flusher_result *result);

#endif
