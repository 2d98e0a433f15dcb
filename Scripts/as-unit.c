// as-unit OWNER GROUP DESCRIPTORS WRITABLE… -- EXECUTABLE… -- PROGRAM ARGUMENT…: becomes a program as a unit of
// Debian's servers starts it: nothing can be written to and nothing executed but for these paths, the user and the group
// are these numbers, and the system calls are filtered. `test-deb` compiles it with what confines the tests' servers.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "confinement.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

// Ends the list of arguments that begins here with NULL, and returns what follows it.
static char **end_list(char **list) {
  while (*list != NULL && strcmp(*list, "--") != 0) list++;
  if (*list == NULL) {
    fprintf(stderr, "as-unit: a -- is missing\n");
    exit(2);
  }
  *list = NULL;
  return list + 1;
}

int main(int count, char **arguments) {
  if (count < 7) return 2;
  char **writable = arguments + 4;
  char **executable = end_list(writable);
  char **program = end_list(executable);
  struct confinement confinement = {
    .is_filtered = true,
    .writable = (const char *const *)writable,
    .executable = (const char *const *)executable,
    .user = (uid_t)atoi(arguments[1]),
    .group = (gid_t)atoi(arguments[2]),
    .descriptors = (unsigned)atoi(arguments[3]),
  };
  // Not every root may have more than it has been given.
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && confinement.descriptors > limit.rlim_max)
    confinement.descriptors = (unsigned)limit.rlim_max;
  // MemoryDenyWriteExecute=: kernels before 6.3 have it in a filter only.
  if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0 && errno != EINVAL) perror("as-unit: prctl");
  if (confine(&confinement)) execv(program[0], program);
  perror("as-unit");
  return 1;
}
