// Everything that Swift sees of the server.
#ifndef C_MODULE_SHIM_H
#define C_MODULE_SHIM_H

#include "ModuleABI.h"
#include "ServerFunctions.h"

/// The module's load function, in Swift. It answers SERVER_OK, or SERVER_ERROR to refuse loading.
int mmaparray_load(ServerContext *context, ServerString **arguments, int count);

#endif
