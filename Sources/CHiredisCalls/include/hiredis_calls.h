#ifndef HIREDIS_CALLS_H
#define HIREDIS_CALLS_H

#include <hiredis/hiredis.h>

// Commands as programs in C write them, with redisCommand and its formats, which Swift can't call. Each returns a reply
// that the caller frees, or NULL if the connection broke.

/// `MMAP key path type`
redisReply *call_map(redisContext *context, const char *key, const char *path, const char *type);

/// `VSET key index value`, a decimal fraction with six digits
redisReply *call_set(redisContext *context, const char *key, long long index, double value);

/// `VGET key index`
redisReply *call_get(redisContext *context, const char *key, long long index);

/// `MMAP.WRITE key index blob`
redisReply *call_write(redisContext *context, const char *key, long long index, const void *bytes, size_t count);

/// `MMAP.APPEND key blob`
redisReply *call_append(redisContext *context, const char *key, const void *bytes, size_t count);

/// `MMAP.READ key index count`
redisReply *call_read(redisContext *context, const char *key, long long index, long long count);

/// Adds `VGET key index` to what the next redisGetReply sends.
int append_get(redisContext *context, const char *key, long long index);

#endif
