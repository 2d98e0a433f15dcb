#ifndef CONFINEMENT_H
#define CONFINEMENT_H

#include <stdbool.h>
#include <sys/types.h>

/// What a distribution's unit keeps a server from.
struct confinement {
  /// The directory that becomes the root, with a `/proc` that nobody else sees; NULL for none.
  const char *root;
  /// Whether the process gets no new privileges, makes files for its group at most (umask 007), and is killed by any
  /// system call that Debian's units do not allow (unit_calls.h).
  bool is_filtered;
  /// The only files and directories that can be written to, NULL at the end; NULL: all that there are.
  const char *const *writable;
  /// The only files and directories from which something can be executed, NULL at the end; NULL: all that there are.
  const char *const *executable;
  /// Whose the process is; 0 as this one.
  uid_t user;
  gid_t group;
  /// The most descriptors; 0: as this process.
  unsigned descriptors;
};

/// Confines this process, the child of one with many threads: calls only what is safe in a signal handler.
///
/// Returns whether all could be done; errno says why not.
bool confine(const struct confinement *);

#endif
