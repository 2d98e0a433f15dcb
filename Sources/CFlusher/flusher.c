#include "CFlusher.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

// As many flushes as there may be on their way, waiting or done and not taken.
enum { capacity = 4096 };

// File systems write what several files wait for at once, so flushes of many take not much longer than one.
enum { thread_count = 8 };

struct request {
  int file;
  uint64_t token;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t submitted = PTHREAD_COND_INITIALIZER;
static struct request requests[capacity];
static struct flusher_result results[capacity];
// Counted from the start and never reset; positions in the rings are remainders.
static uint64_t submitted_count, begun_count, flushed_count, taken_count;
static int wake[2] = {-1, -1};

static void *run(void *unused) {
  (void)unused;
  pthread_mutex_lock(&mutex);
  for (;;) {
    while (begun_count == submitted_count) pthread_cond_wait(&submitted, &mutex);
    struct request request = requests[begun_count++ % capacity];
    pthread_mutex_unlock(&mutex);
    int error = 0;
    while (fdatasync(request.file) != 0) {
      error = errno;
      if (error != EINTR) break;
      error = 0;
    }
    close(request.file);
    pthread_mutex_lock(&mutex);
    results[flushed_count % capacity] = (struct flusher_result){request.token, error};
    flushed_count++;
    // Full means readable already.
    (void)!write(wake[1], "", 1);
  }
  return NULL;
}

int flusher_start(void) {
  if (wake[0] >= 0) return wake[0];
  if (pipe(wake) != 0) return -1;
  for (int end = 0; end < 2; end++) {
    fcntl(wake[end], F_SETFD, FD_CLOEXEC);
    fcntl(wake[end], F_SETFL, O_NONBLOCK);
  }
  // Signals are the server's.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int started = 0;
  for (pthread_t thread; started < thread_count && pthread_create(&thread, NULL, run, NULL) == 0; started++) {
    pthread_detach(thread);
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (started == 0) {
    close(wake[0]);
    close(wake[1]);
    wake[0] = wake[1] = -1;
    return -1;
  }
  return wake[0];
}

bool flusher_submit(int file, uint64_t token) {
  pthread_mutex_lock(&mutex);
  bool has_room = wake[0] >= 0 && submitted_count - taken_count < capacity;
  if (has_room) {
    requests[submitted_count % capacity] = (struct request){file, token};
    submitted_count++;
    pthread_cond_signal(&submitted);
  }
  pthread_mutex_unlock(&mutex);
  return has_room;
}

bool flusher_take(struct flusher_result *result) {
  char byte;
  pthread_mutex_lock(&mutex);
  bool has_result = taken_count < flushed_count;
  if (has_result) {
    (void)!read(wake[0], &byte, 1);
    *result = results[taken_count % capacity];
    taken_count++;
  }
  pthread_mutex_unlock(&mutex);
  return has_result;
}
