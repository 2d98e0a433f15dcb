#ifndef CHIREDIS_SHIM_H
#define CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

// What hiredis has from 1.0 on, so that code which knows it compiles with 0.14 too.
#ifndef REDIS_REPLY_DOUBLE
#define REDIS_REPLY_DOUBLE 7
#define REDIS_REPLY_BOOL 8
#define REDIS_REPLY_MAP 9
#define REDIS_REPLY_SET 10
#define REDIS_REPLY_ATTR 11
#define REDIS_REPLY_PUSH 12
#define REDIS_REPLY_BIGNUM 13
#define REDIS_REPLY_VERB 14
#endif

/// Whether hiredis's reader reads what servers send in RESP3: 0.14 knows nothing of it, and 1.0 no big numbers.
static inline bool reply_reader_knows_resp3(void) {
  return HIREDIS_MAJOR > 1 || (HIREDIS_MAJOR == 1 && HIREDIS_MINOR >= 1);
}

/// What is done with the parts of a reply, in their order. The functions of hiredis differ from version to version;
/// these do not. Each returns whether to go on.
typedef struct reply_handler {
  void *context;
  bool (*text)(void *context, int kind, const char *bytes, size_t count);
  bool (*integer)(void *context, long long value);
  bool (*nil)(void *context);
  bool (*boolean)(void *context, bool value);
  /// An array, a set, a map or the like: so many parts follow. Of a map keys and values count.
  bool (*aggregate)(void *context, int kind, size_t count);
} reply_handler;

// hiredis wants an object for each part. The handler stands for all of them; it has made its own.
static inline void *reply_part(const redisReadTask *task, bool goes_on) { return goes_on ? task->privdata : NULL; }

static void *reply_text(const redisReadTask *task, char *bytes, size_t count) {
  const reply_handler *handler = (const reply_handler *)task->privdata;
  return reply_part(task, handler->text(handler->context, task->type, bytes, count));
}

static void *reply_integer(const redisReadTask *task, long long value) {
  const reply_handler *handler = (const reply_handler *)task->privdata;
  return reply_part(task, handler->integer(handler->context, value));
}

static void *reply_nil(const redisReadTask *task) {
  const reply_handler *handler = (const reply_handler *)task->privdata;
  return reply_part(task, handler->nil(handler->context));
}

#if HIREDIS_MAJOR >= 1
typedef size_t reply_count;

static void *reply_double(const redisReadTask *task, double value, char *bytes, size_t count) {
  (void)value;
  return reply_text(task, bytes, count);
}

static void *reply_boolean(const redisReadTask *task, int value) {
  const reply_handler *handler = (const reply_handler *)task->privdata;
  return reply_part(task, handler->boolean(handler->context, value != 0));
}
#else
typedef int reply_count;
#endif

static void *reply_aggregate(const redisReadTask *task, reply_count count) {
  const reply_handler *handler = (const reply_handler *)task->privdata;
  return reply_part(task, handler->aggregate(handler->context, task->type, (size_t)count));
}

/// A reader that gives what it reads to a handler, which must outlive it. NULL if there is no memory.
static inline redisReader *reply_reader_create(reply_handler *handler) {
  static redisReplyObjectFunctions functions = {
    .createString = reply_text,
    .createArray = reply_aggregate,
    .createInteger = reply_integer,
    .createNil = reply_nil,
#if HIREDIS_MAJOR >= 1
    .createDouble = reply_double,
    .createBool = reply_boolean,
#endif
  };
  redisReader *reader = redisReaderCreateWithFunctions(&functions);
  if (reader != NULL) reader->privdata = handler;
  return reader;
}

/// Has a reader forget what it was fed behind the reply that it has just read. Returns how many bytes that was.
static inline size_t reply_reader_give_back(redisReader *reader) {
  const size_t rest = reader->len - reader->pos;
  reader->pos = reader->len;
  return rest;
}

/// How many aggregates a reader takes in each other.
static inline int reply_reader_depth(void) { return HIREDIS_MAJOR == 0 ? 8 : INT_MAX; }

/// Whether a reader can't come to the end of what it was fed: 0.14 looks for ends of lines with an int, and so finds none
/// in a string of more than 2 GiB.
static inline bool reply_reader_is_lost(const redisReader *reader) {
  return HIREDIS_MAJOR == 0 && reader->len - reader->pos > INT_MAX;
}

#endif
