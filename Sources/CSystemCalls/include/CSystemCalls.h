// System calls and constants that Swift cannot import: C declares them variadic, hides them behind a feature macro, or
// has no wrapper for them.
#ifndef C_SYSTEM_CALLS_H
#define C_SYSTEM_CALLS_H

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/// Mirrors `struct open_how` of openat2(2), whose header older systems lack.
struct open_beneath_how {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};
_Static_assert(sizeof(struct open_beneath_how) == 24, "openat2(2): OPEN_HOW_SIZE_VER0");

/// openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS: no component leads out of
/// `directory` and none is a symbolic link. Returns a descriptor, or -1 and errno (ENOSYS on Linux before 5.6).
static inline int open_beneath(int directory, const char *path, int flags, unsigned mode) {
  struct open_beneath_how how = {(uint64_t)flags, mode, 0x08 | 0x04 | 0x02};
  return (int)syscall(437, directory, path, &how, sizeof how);
}

/// fallocate(2) with mode 0, or FALLOC_FL_KEEP_SIZE: reserves disk space, and lengthens the file unless it keeps its size.
static inline int allocate_space(int file, int keeps_size, int64_t offset, int64_t length) {
  return (int)syscall(SYS_fallocate, file, keeps_size ? 1 : 0, offset, length);
}

/// preadv2(2) of one byte with RWF_NOWAIT. Returns 0 if it could be read at once or lies behind the end of the file, otherwise
/// errno: EAGAIN if the disk must be read.
static inline int read_without_waiting(int file, int64_t offset) {
  char byte;
  struct iovec place = {&byte, 1};
  // The offset in two halves, of which the first is all where a register holds it.
  long count = syscall(SYS_preadv2, file, &place, 1ul, (unsigned long)offset, (unsigned long)((uint64_t)offset >> 32), 0x08);
  return count >= 0 ? 0 : errno;
}

/// O_PATH of open(2), the same on all Linux architectures that Swift knows.
static const int open_path_only = 010000000;

/// SEEK_DATA and SEEK_HOLE of lseek(2).
static const int seek_data = 3;
static const int seek_hole = 4;

#endif
