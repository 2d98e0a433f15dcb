// Everything that Swift sees of the server. Only the target ServerModule imports it.
#ifndef C_MODULE_SHIM_H
#define C_MODULE_SHIM_H

#include <malloc.h>

#include "ModuleABI.h"
#include "ServerFunctions.h"

/// Bytes that the heap holds for an object, or 0 for NULL; malloc_usable_size(3).
static inline size_t allocated_size(void *object) { return malloc_usable_size(object); }

/// The module's load function, in Swift; each module defines its own. It returns SERVER_OK, or SERVER_ERROR to refuse
/// loading.
int server_module_load(ServerContext *context, ServerString **arguments, int count);

#endif
