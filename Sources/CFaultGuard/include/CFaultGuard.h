// Keeps a process alive when a mapped file loses pages: cut by another program, or on a disk that fails (SIGBUS).
#ifndef C_FAULT_GUARD_H
#define C_FAULT_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A guarded mapping. `failed` is set when one of its pages could not be had and was replaced by zeros.
struct guarded_mapping {
  _Atomic uintptr_t start;
  _Atomic uintptr_t end;
  _Atomic bool failed;
};

/// Installs the handler, keeping the one that was there for faults elsewhere. May be called again: another handler that
/// was installed since is kept instead. False if the system refuses.
bool fault_guard_install(void);

/// Begins to guard a mapping; NULL if there are three quarters of as many as a process may have (vm.max_map_count), or
/// 65 536.
struct guarded_mapping *fault_guard_add(void *base, size_t length);

/// Ends it. Before the mapping itself ends: its addresses may then be somebody else's.
void fault_guard_remove(struct guarded_mapping *mapping);

/// Reads a byte and forgets it: a page that cannot be had is then known to be lost.
static inline void fault_guard_touch(const void *address) { (void)*(const volatile char *)address; }

/// Has the processor begin to fetch what will soon be stored into. Nothing happens where there is no page.
static inline void fault_guard_expect_store(const void *address) { __builtin_prefetch(address, 1); }

/// Whether pages of the mapping have been replaced.
static inline bool fault_guard_has_failed(const struct guarded_mapping *mapping) {
  return atomic_load_explicit(&mapping->failed, memory_order_relaxed);
}

#endif
