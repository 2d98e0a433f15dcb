// The entry point that the server calls, and the look-up of the server's functions.
#include "CModuleShim.h"

#include <stdio.h>

extern char **environ;

struct ServerFunctions server_functions;

// Valkey 9 clears `environ`; the Swift runtime reads `*environ` when it is first used, which may be in a constructor of
// this very file. Constructors with a priority run before those without.
__attribute__((constructor(101))) static void give_environment(void) {
  static char *no_environment[] = {NULL};
  if (environ == NULL) environ = no_environment;
}

// Names the first required function that the server lacks, or NULL.
static const char *look_up_functions(ServerAPILookup look_up) {
#define OPTIONAL(result, name, parameters, arguments) \
  look_up("RedisModule_" #name, (void *)&server_functions.name);
#define REQUIRED(result, name, parameters, arguments) \
  OPTIONAL(result, name, parameters, arguments) \
  if (server_functions.name == NULL) return #name;
  SERVER_REQUIRED_FUNCTIONS(REQUIRED)
  SERVER_VARIADIC_FUNCTIONS(REQUIRED)
  SERVER_OPTIONAL_FUNCTIONS(OPTIONAL)
#undef REQUIRED
#undef OPTIONAL
  return NULL;
}

__attribute__((visibility("default")))
int RedisModule_OnLoad(ServerContext *context, ServerString **arguments, int count) {
  // The first word of a context is the function that looks up all others.
  const char *missing = look_up_functions(*(ServerAPILookup *)context);
  if (missing != NULL) {
    fprintf(stderr, "module: the server lacks RedisModule_%s; Redis 7.0 or Valkey 8.0 is the oldest that will do\n", missing);
    return SERVER_ERROR;
  }
  return server_module_load(context, arguments, count);
}
