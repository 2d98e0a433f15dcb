// One row per server function: result, name, parameters, arguments. The row makes the pointer, its look-up at load
// (entry.c) and a forwarder `server_Name` of fixed arity, because Swift 6 refuses imported mutable function pointers
// and cannot call variadic ones. The name is the one that the server publishes behind the prefix "RedisModule_".
#ifndef SERVER_FUNCTIONS_H
#define SERVER_FUNCTIONS_H

#include "ModuleABI.h"

#include <errno.h>

// Present on every supported server (Redis 7.0, Valkey 8.0); loading fails by name without one of them.
#define SERVER_REQUIRED_FUNCTIONS(F) \
  /* Loading */ \
  F(void, SetModuleAttribs, (ServerContext *c, const char *name, int version, int api), (c, name, version, api)) \
  F(int, IsModuleNameBusy, (const char *name), (name)) \
  F(void, SetModuleOptions, (ServerContext *c, int options), (c, options)) \
  F(int, CreateCommand, \
    (ServerContext *c, const char *name, ServerCommandFunction f, const char *flags, int first, int last, int step), \
    (c, name, f, flags, first, last, step)) \
  F(ServerCommand *, GetCommand, (ServerContext *c, const char *name), (c, name)) \
  F(int, SetCommandInfo, (ServerCommand *command, const ServerCommandInfo *info), (command, info)) \
  F(ServerType *, CreateDataType, \
    (ServerContext *c, const char *name, int version, const ServerTypeMethods *methods), (c, name, version, methods)) \
  F(int, SubscribeToServerEvent, (ServerContext *c, ServerEvent event, ServerEventFunction f), (c, event, f)) \
  F(int, RegisterStringConfig, \
    (ServerContext *c, const char *name, const char *value, unsigned flags, \
     ServerString *(*get)(const char *, void *), int (*set)(const char *, ServerString *, void *, ServerString **), \
     int (*apply)(ServerContext *, void *, ServerString **), void *data), \
    (c, name, value, flags, get, set, apply, data)) \
  F(int, LoadConfigs, (ServerContext *c), (c)) \
  F(int, RegisterEnumConfig, \
    (ServerContext *c, const char *name, int value, unsigned flags, const char **names, const int *values, int count, \
     int (*get)(const char *, void *), int (*set)(const char *, int, void *, ServerString **), \
     int (*apply)(ServerContext *, void *, ServerString **), void *data), \
    (c, name, value, flags, names, values, count, get, set, apply, data)) \
  F(int, RegisterNumericConfig, \
    (ServerContext *c, const char *name, long long value, unsigned flags, long long least, long long most, \
     long long (*get)(const char *, void *), int (*set)(const char *, long long, void *, ServerString **), \
     int (*apply)(ServerContext *, void *, ServerString **), void *data), \
    (c, name, value, flags, least, most, get, set, apply, data)) \
  /* Keys */ \
  F(ServerKey *, OpenKey, (ServerContext *c, ServerString *name, int mode), (c, name, mode)) \
  F(void, CloseKey, (ServerKey *key), (key)) \
  F(int, KeyType, (ServerKey *key), (key)) \
  F(ServerType *, ModuleTypeGetType, (ServerKey *key), (key)) \
  F(void *, ModuleTypeGetValue, (ServerKey *key), (key)) \
  F(int, ModuleTypeSetValue, (ServerKey *key, ServerType *type, void *value), (key, type, value)) \
  F(int, SignalModifiedKey, (ServerContext *c, ServerString *key), (c, key)) \
  F(int, SubscribeToKeyspaceEvents, (ServerContext *c, int kinds, ServerKeyspaceFunction f), (c, kinds, f)) \
  F(int, NotifyKeyspaceEvent, (ServerContext *c, int kind, const char *event, ServerString *key), \
    (c, kind, event, key)) \
  /* Commands of others */ \
  F(ServerCommandFilter *, RegisterCommandFilter, \
    (ServerContext *c, void (*f)(ServerFilteredCommand *), int flags), (c, f, flags)) \
  F(int, UnregisterCommandFilter, (ServerContext *c, ServerCommandFilter *filter), (c, filter)) \
  F(int, CommandFilterArgsCount, (ServerFilteredCommand *command), (command)) \
  F(const ServerString *, CommandFilterArgGet, (ServerFilteredCommand *command, int index), (command, index)) \
  F(int, CommandFilterArgInsert, (ServerFilteredCommand *command, int index, ServerString *word), \
    (command, index, word)) \
  F(int, ReplyWithCallReply, (ServerContext *c, ServerCallReply *reply), (c, reply)) \
  /* Arguments and replies */ \
  F(int, GetContextFlags, (ServerContext *c), (c)) \
  F(int, WrongArity, (ServerContext *c), (c)) \
  F(const char *, StringPtrLen, (const ServerString *string, size_t *length), (string, length)) \
  F(ServerString *, CreateString, (ServerContext *c, const char *bytes, size_t length), (c, bytes, length)) \
  F(void, FreeString, (ServerContext *c, ServerString *string), (c, string)) \
  F(ServerString *, HoldString, (ServerContext *c, ServerString *string), (c, string)) \
  F(int, ReplyWithLongLong, (ServerContext *c, long long value), (c, value)) \
  F(int, ReplyWithStringBuffer, (ServerContext *c, const char *bytes, size_t length), (c, bytes, length)) \
  F(int, ReplyWithDouble, (ServerContext *c, double value), (c, value)) \
  F(int, ReplyWithBigNumber, (ServerContext *c, const char *digits, size_t length), (c, digits, length)) \
  F(int, ReplyWithNull, (ServerContext *c), (c)) \
  F(int, ReplyWithArray, (ServerContext *c, long length), (c, length)) \
  F(int, ReplyWithSimpleString, (ServerContext *c, const char *text), (c, text)) \
  F(int, ReplyWithError, (ServerContext *c, const char *message), (c, message)) \
  F(int, ReplyWithMap, (ServerContext *c, long length), (c, length)) \
  /* Clients that wait for long work */ \
  F(ServerBlockedClient *, BlockClient, \
    (ServerContext *c, ServerCommandFunction reply, ServerCommandFunction timed_out, \
     void (*free)(ServerContext *, void *), long long milliseconds), \
    (c, reply, timed_out, free, milliseconds)) \
  F(int, UnblockClient, (ServerBlockedClient *client, void *data), (client, data)) \
  F(void *, GetBlockedClientPrivateData, (ServerContext *c), (c)) \
  F(void, SetDisconnectCallback, \
    (ServerBlockedClient *client, void (*f)(ServerContext *, ServerBlockedClient *)), (client, f)) \
  F(ServerContext *, GetThreadSafeContext, (ServerBlockedClient *client), (client)) \
  F(ServerContext *, GetDetachedThreadSafeContext, (ServerContext *c), (c)) \
  F(void, FreeThreadSafeContext, (ServerContext *c), (c)) \
  F(int, EventLoopAdd, (int file, int mask, void (*f)(int, void *, int), void *data), (file, mask, f, data)) \
  F(int, EventLoopDel, (int file, int mask), (file, mask)) \
  /* Users */ \
  F(unsigned long long, GetClientId, (ServerContext *c), (c)) \
  F(int, GetClientInfoById, (void *information, uint64_t client), (information, client)) \
  F(ServerString *, GetClientUserNameById, (ServerContext *c, uint64_t client), (c, client)) \
  F(ServerUser *, GetModuleUserFromUserName, (ServerString *name), (name)) \
  F(int, FreeModuleUser, (ServerUser *user), (user)) \
  F(int, ACLCheckCommandPermissions, (ServerUser *user, ServerString **arguments, int count), (user, arguments, count)) \
  /* What the server asks of a key's value */ \
  F(void, DigestAddStringBuffer, (ServerDigest *digest, const char *bytes, size_t length), (digest, bytes, length)) \
  F(void, DigestEndSequence, (ServerDigest *digest), (digest)) \
  F(ServerContext *, GetContextFromIO, (ServerIO *io), (io)) \
  F(const ServerString *, GetKeyNameFromIO, (ServerIO *io), (io)) \
  /* Time and replication */ \
  F(uint64_t, CreateTimer, \
    (ServerContext *c, long long milliseconds, void (*f)(ServerContext *, void *), void *data), \
    (c, milliseconds, f, data)) \
  F(ServerInfoData *, GetServerInfo, (ServerContext *c, const char *section), (c, section)) \
  F(void, FreeServerInfo, (ServerContext *c, ServerInfoData *data), (c, data)) \
  F(const char *, ServerInfoGetFieldC, (ServerInfoData *data, const char *field), (data, field)) \
  F(int, AvoidReplicaTraffic, (void), ()) \
  F(int, CallReplyType, (ServerCallReply *reply), (reply)) \
  F(const char *, CallReplyStringPtr, (ServerCallReply *reply, size_t *length), (reply, length)) \
  F(ServerCallReply *, CallReplyArrayElement, (ServerCallReply *reply, size_t index), (reply, index)) \
  F(void, FreeCallReply, (ServerCallReply *reply), (reply)) \
  /* INFO */ \
  F(int, RegisterInfoFunc, (ServerContext *c, void (*f)(ServerInfo *, int for_crash_report)), (c, f)) \
  F(int, InfoAddSection, (ServerInfo *info, const char *name), (info, name)) \
  F(int, InfoAddFieldLongLong, (ServerInfo *info, const char *name, long long value), (info, name, value)) \
  F(int, InfoAddFieldCString, (ServerInfo *info, const char *name, const char *value), (info, name, value)) \
  /* Persistence */ \
  F(void, SaveUnsigned, (ServerIO *io, uint64_t value), (io, value)) \
  F(void, SaveStringBuffer, (ServerIO *io, const char *bytes, size_t length), (io, bytes, length)) \
  F(uint64_t, LoadUnsigned, (ServerIO *io), (io)) \
  F(char *, LoadStringBuffer, (ServerIO *io, size_t *length), (io, length)) \
  F(int, IsIOError, (ServerIO *io), (io)) \
  /* Memory and time */ \
  F(void *, TryAlloc, (size_t size), (size)) \
  F(void, Free, (void *memory), (memory)) \
  F(float, GetUsedMemoryRatio, (void), ()) \
  F(void, LatencyAddSample, (const char *event, long long milliseconds), (event, milliseconds))

// Newer than the oldest supported server, or variadic: looked up too, and used through the functions in entry.c.
#define SERVER_OPTIONAL_FUNCTIONS(F) \
  F(int, SetCommandACLCategories, (ServerCommand *command, const char *categories), (command, categories)) \
  F(int, AddACLCategory, (ServerContext *c, const char *name), (c, name))

// Variadic in the server: the forwarders below are the fixed-arity versions.
#define SERVER_VARIADIC_FUNCTIONS(F) \
  F(void, Log, (ServerContext *c, const char *level, const char *format, ...), ) \
  F(int, Replicate, (ServerContext *c, const char *command, const char *format, ...), ) \
  F(void, EmitAOF, (ServerIO *io, const char *command, const char *format, ...), ) \
  F(ServerCallReply *, Call, (ServerContext *c, const char *command, const char *format, ...), )

#define SERVER_FIELD(result, name, parameters, arguments) result(*name) parameters;
extern struct ServerFunctions {
  SERVER_REQUIRED_FUNCTIONS(SERVER_FIELD)
  SERVER_OPTIONAL_FUNCTIONS(SERVER_FIELD)
  SERVER_VARIADIC_FUNCTIONS(SERVER_FIELD)
} server_functions;
#undef SERVER_FIELD

#define SERVER_FORWARDER(result, name, parameters, arguments) \
  static inline result server_##name parameters { return server_functions.name arguments; }
SERVER_REQUIRED_FUNCTIONS(SERVER_FORWARDER)
#undef SERVER_FORWARDER

// An optional function that the server lacks returns SERVER_ERROR.
#define SERVER_OPTIONAL_FORWARDER(result, name, parameters, arguments) \
  static inline result server_##name parameters { \
    return server_functions.name != NULL ? server_functions.name arguments : SERVER_ERROR; \
  }
SERVER_OPTIONAL_FUNCTIONS(SERVER_OPTIONAL_FORWARDER)
#undef SERVER_OPTIONAL_FORWARDER

/// Writes one line to the server's log; level is "debug", "verbose", "notice" or "warning".
static inline void server_log(ServerContext *c, const char *level, const char *message) {
  server_functions.Log(c, level, "%s", message);
}

/// Sends a command of `count` arguments to the AOF and the replicas. `format` is "v", or "Av" to leave out the AOF.
static inline int server_replicate(
    ServerContext *c, const char *command, const char *format, ServerString **arguments, size_t count) {
  return server_functions.Replicate(c, command, format, arguments, count);
}

/// Calls a command of `count` arguments; the reply is freed with FreeCallReply.
static inline ServerCallReply *server_call(
    ServerContext *c, const char *command, ServerString **arguments, size_t count) {
  return server_functions.Call(c, command, "v", arguments, count);
}

/// Calls a command of `count` arguments as scripts do. `*refusal` is 0, or says why the server refuses it to them, as RM_Call
/// documents it; the reply is that error then. Always with errors as replies: Valkey 9.1 ends itself without them.
static inline ServerCallReply *server_call_as_script(
    ServerContext *c, const char *command, ServerString **arguments, size_t count, int *refusal) {
  errno = 0;
  ServerCallReply *reply = server_functions.Call(c, command, "SEv", arguments, count);
  *refusal = reply == NULL || server_functions.CallReplyType(reply) == SERVER_REPLY_ERROR ? errno : 0;
  return reply;
}

/// Calls a command of `count` arguments for the client that is served, with its rights, and propagates what it does.
static inline ServerCallReply *server_call_for_client(
    ServerContext *c, const char *command, ServerString **arguments, size_t count) {
  return server_functions.Call(c, command, "!Cv", arguments, count);
}

/// Writes a command of a key and `count` more arguments to the AOF that is being rewritten.
static inline void server_emit_aof(
    ServerIO *io, const char *command, ServerString *key, ServerString **arguments, size_t count) {
  server_functions.EmitAOF(io, command, "sv", key, arguments, count);
}

#endif
