// A program that uses hiredis and nothing else: arrays of a server as packed numbers and as replies.
//
//     cc -o plain-hiredis main.c -lhiredis
//     plain-hiredis [port | path of a Unix socket]

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static redisContext *server;

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

// Sends a command and returns its reply, which is of this type or ends the program. The caller frees it.
static redisReply *call(int type, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  redisReply *reply = redisvCommand(server, format, arguments);
  va_end(arguments);
  if (reply == NULL) fail(server->errstr);  // The connection broke: it is of no use any more.
  if (reply->type == REDIS_REPLY_ERROR && type != REDIS_REPLY_ERROR) fail(reply->str);
  if (reply->type != type) fail("a reply of another type than expected");
  return reply;
}

static long long call_for_integer(const char *command, const char *key) {
  redisReply *reply = call(REDIS_REPLY_INTEGER, "%s %s", command, key);
  const long long value = reply->integer;
  freeReplyObject(reply);
  return value;
}

int main(int count, char *arguments[]) {
  const char *address = count > 1 ? arguments[1] : "6379";
  server = strchr(address, '/') != NULL ? redisConnectUnix(address) : redisConnect("127.0.0.1", atoi(address));
  if (server == NULL) fail("no memory");
  if (server->err != 0) fail(server->errstr);

  // Makes the file below the server's root, or maps it if it is there.
  freeReplyObject(call(REDIS_REPLY_INTEGER, "MMAP %s %s %s", "levels", "levels.npy", "f64"));
  call_for_integer("VCLEAR", "levels");

  // Single elements are texts, so that they fit into any client: integers are integers, floats are strings.
  freeReplyObject(call(REDIS_REPLY_INTEGER, "MMAP.ADD %s %f %f %d", "levels", 0.5, -2.25, 7));
  redisReply *element = call(REDIS_REPLY_STRING, "VGET %s %d", "levels", 1);
  printf("element 1: %s\n", element->str);
  freeReplyObject(element);
  // There is no element 3 yet.
  freeReplyObject(call(REDIS_REPLY_NIL, "VGET %s %d", "levels", 3));

  // Many are packed, little-endian: the memory of an array is what is sent and what is received.
  double ramp[1000];
  for (int i = 0; i < 1000; i++) ramp[i] = i / 4.0;
  freeReplyObject(call(REDIS_REPLY_INTEGER, "MMAP.WRITE %s %d %b", "levels", 3, ramp, sizeof ramp));
  redisReply *packed = call(REDIS_REPLY_STRING, "MMAP.READ %s %d %d", "levels", 3, 1000);
  if (packed->len != sizeof ramp || memcmp(packed->str, ramp, sizeof ramp) != 0) fail("other bytes than were written");
  freeReplyObject(packed);
  printf("%lld elements\n", call_for_integer("VCOUNT", "levels"));

  // The server computes, and nil stands for what there is not.
  redisReply *aggregates = call(REDIS_REPLY_ARRAY, "MMAP.AGG %s 0 -1 SUM MIN ARGMAX", "levels");
  printf(
      "sum %s, least %s, greatest at %lld\n", aggregates->element[0]->str, aggregates->element[1]->str,
      aggregates->element[2]->integer);
  freeReplyObject(aggregates);
  redisReply *elements = call(REDIS_REPLY_ARRAY, "VMGET %s 0 %d", "levels", 5000);
  for (size_t i = 0; i < elements->elements; i++)
    printf("%s\n", elements->element[i]->type == REDIS_REPLY_NIL ? "none" : elements->element[i]->str);
  freeReplyObject(elements);

  // Commands that are sent together cost one round trip. An error is a reply like others.
  for (int i = 0; i < 3; i++) redisAppendCommand(server, "VSET %s %d %d", "levels", i, 10 * i);
  redisAppendCommand(server, "VSET %s %d %s", "levels", 0, "high");
  for (int i = 0; i < 4; i++) {
    redisReply *reply;
    if (redisGetReply(server, (void **)&reply) != REDIS_OK) fail(server->errstr);
    if (reply->type == REDIS_REPLY_ERROR) printf("%s\n", reply->str);
    freeReplyObject(reply);
  }
  redisFree(server);
}
