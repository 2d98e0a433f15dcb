// What a stand-in for the server needs that Swift cannot do: variadic functions, and a look-up of functions by name.
//
// The table of functions is the module's own `struct ServerFunctions`. So the compiler checks that each function of the
// stand-in has the type that the module calls it with, and one that the module begins to use is in the table already:
// until the stand-in has it, loading fails and names it.
#ifndef C_STAND_IN_SERVER_H
#define C_STAND_IN_SERVER_H

#include <stdbool.h>

#include "CModuleShim.h"

/// An argument of a variadic function.
struct stand_in_word {
  const char *bytes;
  size_t length;
};

/// A command as it is given to Replicate, EmitAOF or Call. `flags` are the characters of the format that stand for no
/// argument, such as `A` and `!`.
struct stand_in_command {
  const char *name;
  const char *flags;
  const struct stand_in_word *words;
  size_t count;
};

/// What the variadic functions are made of. A format that is not understood is reported as a violation.
struct stand_in_hooks {
  void (*log)(ServerContext *, const char *level, const char *message);
  int (*replicate)(ServerContext *, const struct stand_in_command *);
  void (*emit_aof)(ServerIO *, const struct stand_in_command *);
  ServerCallReply *(*call)(ServerContext *, const struct stand_in_command *);
  void (*violation)(const char *message);
};

/// What the server gives to a module as a context: the module reads the first word, the rest is the server's.
struct stand_in_context {
  int (*look_up)(const char *name, void *target);
  void *object;
};

/// Sets the functions that `stand_in_look_up` finds: those of `functions`, and the variadic ones.
void stand_in_install(const struct ServerFunctions *functions, struct stand_in_hooks hooks);

/// Takes away the function of that name, without the prefix, as if the server were too old for it. Returns whether
/// there was one.
bool stand_in_remove(const char *name);

/// The function that the first word of a context is: stores the function named "RedisModule_…" in `*target` and returns
/// SERVER_OK, or leaves it alone and returns SERVER_ERROR.
int stand_in_look_up(const char *name, void *target);

/// Calls `body` in a forked child of this process, which ends with what it returns.
///
/// Returns the process identifier of the child, or -1.
int stand_in_fork(int (*body)(void *), void *data);

/// The module's entry point, which the tests are linked with.
int RedisModule_OnLoad(ServerContext *context, ServerString **arguments, int count);

#endif
