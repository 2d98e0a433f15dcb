#include "hiredis_calls.h"

redisReply *call_map(redisContext *context, const char *key, const char *path, const char *type) {
  return redisCommand(context, "MMAP %s %s %s", key, path, type);
}

redisReply *call_set(redisContext *context, const char *key, long long index, double value) {
  return redisCommand(context, "VSET %s %lld %f", key, index, value);
}

redisReply *call_get(redisContext *context, const char *key, long long index) {
  return redisCommand(context, "VGET %s %lld", key, index);
}

redisReply *call_write(redisContext *context, const char *key, long long index, const void *bytes, size_t count) {
  return redisCommand(context, "MMAP.WRITE %s %lld %b", key, index, bytes, count);
}

redisReply *call_append(redisContext *context, const char *key, const void *bytes, size_t count) {
  return redisCommand(context, "MMAP.APPEND %s %b", key, bytes, count);
}

redisReply *call_read(redisContext *context, const char *key, long long index, long long count) {
  return redisCommand(context, "MMAP.READ %s %lld %lld", key, index, count);
}

int append_get(redisContext *context, const char *key, long long index) {
  return redisAppendCommand(context, "VGET %s %lld", key, index);
}
