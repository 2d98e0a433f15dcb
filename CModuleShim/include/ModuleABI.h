// The slice of the servers' module ABI that this module uses, declared in the project's own words: opaque handles,
// the constants, and the structs that are filled in here. Values and layouts are those of the Redis module API
// (documented at https://redis.io/docs/latest/develop/reference/modules/modules-api-ref/), which Valkey keeps.
#ifndef MODULE_ABI_H
#define MODULE_ABI_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ServerContext ServerContext;
typedef struct ServerString ServerString;
typedef struct ServerKey ServerKey;
typedef struct ServerType ServerType;
typedef struct ServerIO ServerIO;
typedef struct ServerDigest ServerDigest;
typedef struct ServerInfo ServerInfo;
typedef struct ServerCommand ServerCommand;
typedef struct ServerKeyOptions ServerKeyOptions;
typedef struct ServerBlockedClient ServerBlockedClient;
typedef struct ServerUser ServerUser;
typedef struct ServerInfoData ServerInfoData;
typedef struct ServerCallReply ServerCallReply;
typedef struct ServerCommandFilter ServerCommandFilter;
typedef struct ServerFilteredCommand ServerFilteredCommand;

enum { SERVER_OK = 0, SERVER_ERROR = 1, SERVER_API_VERSION = 1 };

// OpenKey modes.
enum { SERVER_FILTER_NOT_OWN_CALLS = 1 << 0 };
enum { SERVER_KEY_READ = 1 << 0, SERVER_KEY_WRITE = 1 << 1 };

// GetContextFlags.
enum {
  SERVER_CONTEXT_LUA = 1 << 0,
  SERVER_CONTEXT_MULTI = 1 << 1,
  SERVER_CONTEXT_REPLICA = 1 << 3,
  SERVER_CONTEXT_CLUSTER = 1 << 5,
  SERVER_CONTEXT_REPLICATED = 1 << 12,
  SERVER_CONTEXT_LOADING = 1 << 13,
  SERVER_CONTEXT_CHILD = 1 << 20,
  SERVER_CONTEXT_DENY_BLOCKING = 1 << 21,
  SERVER_CONTEXT_RESP3 = 1 << 22,
};

// What GetClientInfoById fills, version 1.
typedef struct ServerClientInfo {
  uint64_t version;
  uint64_t flags;
  uint64_t identifier;
  char address[46];
  uint16_t port;
  uint16_t database;
} ServerClientInfo;
static_assert(sizeof(ServerClientInfo) == 80, "client information, version 1");
enum { SERVER_CLIENT_INFO_VERSION = 1, SERVER_CLIENT_TRACKING = 1 << 3 };

// SetModuleOptions.
enum {
  SERVER_OPTION_HANDLE_IO_ERRORS = 1 << 0,
  SERVER_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED = 1 << 1,
  SERVER_OPTION_HANDLE_ASYNCHRONOUS_LOADING = 1 << 2,
  // Valkey 9 only.
  SERVER_OPTION_HANDLE_SLOT_MIGRATION = 1 << 5,
};

// NotifyKeyspaceEvent: the class `d` of notify-keyspace-events, events of modules.
enum { SERVER_NOTIFY_GENERIC = 1 << 2, SERVER_NOTIFY_MODULE = 1 << 13 };

// Register…Config flags.
enum { SERVER_CONFIG_DEFAULT = 0, SERVER_CONFIG_IMMUTABLE = 1 << 0, SERVER_CONFIG_MEMORY = 1 << 7 };

// EventLoopAdd.
enum { SERVER_EVENT_LOOP_READABLE = 1 };

typedef int (*ServerCommandFunction)(ServerContext *, ServerString **arguments, int count);
typedef int (*ServerAPILookup)(const char *name, void *target);
typedef int (*ServerKeyspaceFunction)(ServerContext *, int kind, const char *event, ServerString *key);

/// What CallReplyType returns, of the kinds that are looked for.
enum { SERVER_REPLY_STRING = 0, SERVER_REPLY_ERROR = 1, SERVER_REPLY_INTEGER = 2, SERVER_REPLY_ARRAY = 3 };

// Server events.
typedef struct ServerEvent {
  uint64_t identifier;
  uint64_t data_version;
} ServerEvent;
static_assert(sizeof(ServerEvent) == 16, "passed by value to SubscribeToServerEvent");
enum {
  SERVER_EVENT_ROLE_CHANGED = 0,
  SERVER_EVENT_PERSISTENCE = 1,
  SERVER_EVENT_LOADING = 3,
  SERVER_EVENT_SHUTDOWN = 5,
  SERVER_EVENT_REPLICA_CHANGE = 6,
  SERVER_EVENT_ASYNCHRONOUS_LOADING = 14,
  SERVER_EVENT_CONFIGURATION = 16,
  // Valkey 9 only.
  SERVER_EVENT_SLOT_MIGRATION = 19,
};
enum {
  SERVER_PERSISTENCE_AOF_START = 1,
  SERVER_PERSISTENCE_SAVE_START = 2,
  SERVER_PERSISTENCE_ENDED = 3,
  SERVER_PERSISTENCE_FAILED = 4,
  SERVER_PERSISTENCE_AOF_SAVE_START = 5,
};
enum {
  SERVER_LOADING_RDB_START = 0,
  SERVER_LOADING_AOF_START = 1,
  SERVER_LOADING_REPLICATION_START = 2,
  SERVER_LOADING_ENDED = 3,
  SERVER_LOADING_FAILED = 4,
};
enum {
  SERVER_ASYNCHRONOUS_LOADING_STARTED = 0,
  SERVER_ASYNCHRONOUS_LOADING_ABORTED = 1,
  SERVER_ASYNCHRONOUS_LOADING_COMPLETED = 2,
};
enum {
  SERVER_SLOT_EXPORT_STARTED = 1,
  SERVER_SLOT_EXPORT_ABORTED = 3,
  SERVER_SLOT_EXPORT_COMPLETED = 5,
};
typedef void (*ServerEventFunction)(ServerContext *, ServerEvent, uint64_t subevent, void *data);

// The methods of a data type, version 4 (Redis 7.0): later versions only add to the end.
typedef struct ServerTypeMethods {
  uint64_t version;
  void *(*rdb_load)(ServerIO *, int encoding_version);
  void (*rdb_save)(ServerIO *, void *value);
  void (*aof_rewrite)(ServerIO *, ServerString *key, void *value);
  size_t (*memory_usage)(const void *value);
  void (*digest)(ServerDigest *, void *value);
  void (*free)(void *value);
  int (*aux_load)(ServerIO *, int encoding_version, int when);
  void (*aux_save)(ServerIO *, int when);
  int aux_save_triggers;
  size_t (*free_effort)(ServerString *key, const void *value);
  void (*unlink)(ServerString *key, const void *value);
  void *(*copy)(ServerString *from, ServerString *to, const void *value);
  int (*defragment)(void *context, ServerString *key, void **value);
  size_t (*memory_usage_with_options)(ServerKeyOptions *, const void *value, size_t samples);
  size_t (*free_effort_with_options)(ServerKeyOptions *, const void *value);
  void (*unlink_with_options)(ServerKeyOptions *, const void *value);
  void *(*copy_with_options)(ServerKeyOptions *, const void *value);
} ServerTypeMethods;
enum { SERVER_TYPE_METHODS_VERSION = 4 };
static_assert(offsetof(ServerTypeMethods, free) == 48, "type methods, version 1");
static_assert(offsetof(ServerTypeMethods, free_effort) == 80, "type methods, version 3");
static_assert(offsetof(ServerTypeMethods, memory_usage_with_options) == 112, "type methods, version 4");
static_assert(sizeof(ServerTypeMethods) == 144, "type methods, version 4");

// Command information, version 1 (Redis 7.0). The server steps through the arrays by the sizes named in
// ServerCommandInfoVersion; a zeroed element ends each.
typedef struct ServerHistoryEntry {
  const char *since;
  const char *changes;
} ServerHistoryEntry;

enum {
  SERVER_KEY_SPEC_READ_ONLY = 1 << 0,
  SERVER_KEY_SPEC_READ_WRITE = 1 << 1,
  SERVER_KEY_SPEC_OVERWRITE = 1 << 2,
  SERVER_KEY_SPEC_ACCESS = 1 << 4,
  SERVER_KEY_SPEC_UPDATE = 1 << 5,
  SERVER_KEY_SPEC_INSERT = 1 << 6,
  SERVER_KEY_SPEC_DELETE = 1 << 7,
};
enum { SERVER_BEGIN_SEARCH_INDEX = 2, SERVER_FIND_KEYS_RANGE = 2 };

typedef struct ServerKeySpec {
  const char *notes;
  uint64_t flags;
  int begin_search_type;
  union {
    int position;  // begin search at an index …
    struct {       // … or behind a keyword, which is not used here but gives the union its size
      const char *keyword;
      int start;
    } keyword;
  } begin;
  int find_keys_type;
  struct {  // find keys, as a range
    int last_key;
    int step;
    int limit;
  } range;
} ServerKeySpec;
static_assert(offsetof(ServerKeySpec, begin) == 24, "key spec");
static_assert(offsetof(ServerKeySpec, find_keys_type) == 40, "key spec");
static_assert(sizeof(ServerKeySpec) == 56, "key spec");

enum {
  SERVER_ARGUMENT_STRING = 0,
  SERVER_ARGUMENT_INTEGER = 1,
  SERVER_ARGUMENT_DOUBLE = 2,
  SERVER_ARGUMENT_KEY = 3,
  SERVER_ARGUMENT_TOKEN = 6,
  SERVER_ARGUMENT_ONE_OF = 7,
  SERVER_ARGUMENT_BLOCK = 8,
};
enum { SERVER_ARGUMENT_OPTIONAL = 1 << 0, SERVER_ARGUMENT_MULTIPLE = 1 << 1 };

typedef struct ServerArgument {
  const char *name;
  int type;
  int key_spec;
  const char *token;
  const char *summary;
  const char *since;
  int flags;
  const char *deprecated_since;
  struct ServerArgument *arguments;
  const char *display_text;
} ServerArgument;
static_assert(offsetof(ServerArgument, token) == 16, "command argument");
static_assert(offsetof(ServerArgument, arguments) == 56, "command argument");
static_assert(sizeof(ServerArgument) == 72, "command argument");

typedef struct ServerCommandInfoVersion {
  int version;
  size_t history_entry_size;
  size_t key_spec_size;
  size_t argument_size;
} ServerCommandInfoVersion;

typedef struct ServerCommandInfo {
  const ServerCommandInfoVersion *version;
  const char *summary;
  const char *complexity;
  const char *since;
  ServerHistoryEntry *history;
  const char *tips;
  int arity;
  ServerKeySpec *key_specs;
  ServerArgument *arguments;
} ServerCommandInfo;
static_assert(offsetof(ServerCommandInfo, arity) == 48, "command info");
static_assert(sizeof(ServerCommandInfo) == 72, "command info");

#endif
