#include "CFaultGuard.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// The handler reads the table at any instant and takes no lock; a slot is free while its end is 0.
enum { capacity = 65536 };
// How many mappings may be guarded. The rest of what the system allows is for the allocators of the process, which may
// well end it when they get no more, and for the pages that the handler puts between others.
static size_t limit = capacity;
static struct guarded_mapping table[capacity];
static _Atomic size_t used;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint32_t free_slots[capacity];
static size_t free_count;

static struct sigaction previous;
static uintptr_t page_size;

// Puts a page of zeros in the place of one that cannot be had, so that the interrupted instruction can finish.
static bool replace_page(uintptr_t address) {
  size_t count = atomic_load_explicit(&used, memory_order_acquire);
  for (size_t slot = 0; slot < count; slot++) {
    uintptr_t start = atomic_load_explicit(&table[slot].start, memory_order_relaxed);
    if (address < start || address >= atomic_load_explicit(&table[slot].end, memory_order_acquire)) continue;
    void *page = (void *)(address & ~(page_size - 1));
    void *zeros = mmap(page, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (zeros == MAP_FAILED) return false;
    atomic_store_explicit(&table[slot].failed, true, memory_order_relaxed);
    return true;
  }
  return false;
}

static void handle(int number, siginfo_t *information, void *context) {
  // Only the kernel names an address; a signal that was sent has none.
  if (information->si_code > 0 && replace_page((uintptr_t)information->si_addr)) return;
  // Not ours: as if this handler were not there.
  if (previous.sa_flags & SA_SIGINFO) {
    previous.sa_sigaction(number, information, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(number);
  } else {
    // The default ends the process when the instruction faults again, or now if the signal was sent.
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    sigaction(number, &standard, NULL);
    if (information->si_code <= 0) raise(number);
  }
}

static void set_limit(void) {
  char text[32] = {0};
  int file = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  size_t maps = read(file, text, sizeof text - 1) > 0 ? strtoul(text, NULL, 10) : 0;
  close(file);
  if (maps > 0 && maps / 4 * 3 < capacity) limit = maps / 4 * 3;
}

bool fault_guard_install(void) {
  if (page_size == 0) set_limit();
  page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
  struct sigaction current;
  if (sigaction(SIGBUS, NULL, &current) != 0) return false;
  if ((current.sa_flags & SA_SIGINFO) && current.sa_sigaction == handle) return true;
  previous = current;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle;
  // Another page may fault in the middle of what the first interrupted, even inside the previous handler.
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGBUS, &action, NULL) == 0;
}

struct guarded_mapping *fault_guard_add(void *base, size_t length) {
  struct guarded_mapping *mapping = NULL;
  pthread_mutex_lock(&mutex);
  size_t count = atomic_load_explicit(&used, memory_order_relaxed);
  if (free_count > 0) {
    mapping = &table[free_slots[--free_count]];
  } else if (count < limit) {
    mapping = &table[count];
    atomic_store_explicit(&used, count + 1, memory_order_release);
  }
  if (mapping != NULL) {
    atomic_store_explicit(&mapping->failed, false, memory_order_relaxed);
    atomic_store_explicit(&mapping->start, (uintptr_t)base, memory_order_relaxed);
    atomic_store_explicit(&mapping->end, (uintptr_t)base + length, memory_order_release);
  }
  pthread_mutex_unlock(&mutex);
  return mapping;
}

void fault_guard_remove(struct guarded_mapping *mapping) {
  pthread_mutex_lock(&mutex);
  atomic_store_explicit(&mapping->end, 0, memory_order_release);
  free_slots[free_count++] = (uint32_t)(mapping - table);
  pthread_mutex_unlock(&mutex);
}
