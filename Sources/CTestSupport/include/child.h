#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include "confinement.h"

/// Starts a program in a process group of its own, with these three descriptors and no others, no signal blocked or
/// ignored, and confined. The kernel kills it as soon as the *thread* that made this call ends.
///
/// Returns its process identifier, or -1 and an errno in *error if it could not be started.
pid_t child_start(
    char *const arguments[], int input, int output, int errors, const struct confinement *, int *error);

/// Removes a directory and all it holds, as far as that can be done. Links are removed, not followed.
void remove_tree(const char *path);

#endif
