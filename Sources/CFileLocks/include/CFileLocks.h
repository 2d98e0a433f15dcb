// Locks of files, flock(2), that a forked child does not share. Such a lock belongs to the open file that a descriptor
// stands for, and a child inherits that: without more ado the file of a server that was killed would stay locked for as
// long as the child that saves its data lives on.
#ifndef C_FILE_LOCKS_H
#define C_FILE_LOCKS_H

#include <stdbool.h>

/// Takes the exclusive lock of an open file without waiting. Returns 0, or -1 and errno (EWOULDBLOCK if it is taken).
/// From now on a forked child finds the same file behind the descriptor, open for reading and without the lock.
int file_lock_take(int file);

/// Gives the lock back, if there is one, also if other descriptors stand for the same open file. Must come before
/// close(2).
void file_lock_give(int file);

#endif
