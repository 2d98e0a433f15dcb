#include "CStandInServer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ServerFunctions functions;
static struct stand_in_hooks hooks;

// What a format and its arguments come to. Numbers are kept as text in `numbers`.
struct parsed {
  struct stand_in_word *words;
  size_t count;
  char flags[16];
  char numbers[16][24];
};

static void add(struct parsed *parsed, const char *bytes, size_t length) {
  struct stand_in_word *words = realloc(parsed->words, (parsed->count + 1) * sizeof *words);
  if (words == NULL) abort();
  words[parsed->count++] = (struct stand_in_word){bytes, length};
  parsed->words = words;
}

static void add_string(struct parsed *parsed, const ServerString *string) {
  size_t length = 0;
  const char *bytes = functions.StringPtrLen(string, &length);
  add(parsed, bytes, length);
}

// The letters are those of RM_Call.
static void parse(struct parsed *parsed, const char *format, va_list arguments) {
  size_t flag_count = 0, number_count = 0;
  memset(parsed, 0, sizeof *parsed);
  for (; *format != 0; format++) {
    if (*format == 'c') {
      const char *text = va_arg(arguments, const char *);
      add(parsed, text, strlen(text));
    } else if (*format == 's') {
      add_string(parsed, va_arg(arguments, const ServerString *));
    } else if (*format == 'b') {
      const char *bytes = va_arg(arguments, const char *);
      add(parsed, bytes, va_arg(arguments, size_t));
    } else if (*format == 'l' && number_count < sizeof parsed->numbers / sizeof parsed->numbers[0]) {
      char *number = parsed->numbers[number_count++];
      snprintf(number, sizeof parsed->numbers[0], "%lld", va_arg(arguments, long long));
      add(parsed, number, strlen(number));
    } else if (*format == 'v') {
      ServerString **strings = va_arg(arguments, ServerString **);
      size_t count = va_arg(arguments, size_t);
      for (size_t index = 0; index < count; index++) add_string(parsed, strings[index]);
    } else if (strchr("!AR30XSWMECK", *format) != NULL && flag_count + 1 < sizeof parsed->flags) {
      parsed->flags[flag_count++] = *format;
    } else {
      hooks.violation("a format of Replicate, EmitAOF or Call has a letter that is unknown");
      return;
    }
  }
}

static void log_message(ServerContext *context, const char *level, const char *format, ...) {
  char message[1024];
  va_list arguments;
  va_start(arguments, format);
  // As long as the servers' own lines (LOG_MAX_LEN).
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  hooks.log(context, level, message);
}

// Parses the arguments behind `format` and calls a hook with the command.
#define WITH_COMMAND(command_name, format, use) \
  struct parsed parsed; \
  va_list arguments; \
  va_start(arguments, format); \
  parse(&parsed, format, arguments); \
  va_end(arguments); \
  struct stand_in_command command = {command_name, parsed.flags, parsed.words, parsed.count}; \
  use; \
  free(parsed.words);

static int replicate(ServerContext *context, const char *name, const char *format, ...) {
  int result;
  WITH_COMMAND(name, format, result = hooks.replicate(context, &command))
  return result;
}

static void emit_aof(ServerIO *io, const char *name, const char *format, ...) {
  WITH_COMMAND(name, format, hooks.emit_aof(io, &command))
}

static ServerCallReply *call(ServerContext *context, const char *name, const char *format, ...) {
  ServerCallReply *result;
  WITH_COMMAND(name, format, result = hooks.call(context, &command))
  return result;
}

void stand_in_install(const struct ServerFunctions *table, struct stand_in_hooks new_hooks) {
  functions = *table;
  functions.Log = log_message;
  functions.Replicate = replicate;
  functions.EmitAOF = emit_aof;
  functions.Call = call;
  hooks = new_hooks;
}

#define ALL_FUNCTIONS(F) SERVER_REQUIRED_FUNCTIONS(F) SERVER_OPTIONAL_FUNCTIONS(F) SERVER_VARIADIC_FUNCTIONS(F)

bool stand_in_remove(const char *name) {
#define REMOVE(result, function, parameters, arguments) \
  if (strcmp(name, #function) == 0) { \
    bool was_there = functions.function != NULL; \
    functions.function = NULL; \
    return was_there; \
  }
  ALL_FUNCTIONS(REMOVE)
  return false;
}

int stand_in_look_up(const char *name, void *target) {
#define FIND(result, function, parameters, arguments) \
  if (strcmp(name, "RedisModule_" #function) == 0 && functions.function != NULL) { \
    *(void **)target = (void *)functions.function; \
    return SERVER_OK; \
  }
  ALL_FUNCTIONS(FIND)
  return SERVER_ERROR;
}

int stand_in_fork(int (*body)(void *), void *data) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) _exit(body(data));
  return child;
}
