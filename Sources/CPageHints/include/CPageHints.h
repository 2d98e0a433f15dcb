// Hints which pages of mapped files are in memory, so that the kernel need not be asked each time. In C, because each
// element that is read looks at them: a table at a fixed address costs no more than the load.
//
// A hint says that a page was in memory lately. It expires when it is told to, and at random where the table has no room: a
// page without a hint may be in memory too. One thread uses the table; `page_hints_expire` may be called by any.
#ifndef C_PAGE_HINTS_H
#define C_PAGE_HINTS_H

#include <stdbool.h>
#include <stdint.h>

enum { PAGE_HINT_SHIFT = 12, PAGE_HINT_INDEX_BITS = 18, PAGE_HINT_AGE_BITS = 15 };

/// For each page, by the last bits of its number, those before them and the age in which the hint was given.
extern uint32_t page_hints[1 << PAGE_HINT_INDEX_BITS];
/// From 1, so that an empty table has no hints.
extern uint32_t page_hints_age;

static inline uint32_t page_hint(uintptr_t page) {
  uint32_t age = __atomic_load_n(&page_hints_age, __ATOMIC_RELAXED);
  return (uint32_t)(page >> PAGE_HINT_INDEX_BITS) << PAGE_HINT_AGE_BITS | age;
}

/// Whether there is a hint for the page of an address.
static inline bool page_hints_have(uintptr_t address) {
  uintptr_t page = address >> PAGE_HINT_SHIFT;
  return page_hints[page & ((1 << PAGE_HINT_INDEX_BITS) - 1)] == page_hint(page);
}

/// Gives a hint for the page of an address.
static inline void page_hints_add(uintptr_t address) {
  uintptr_t page = address >> PAGE_HINT_SHIFT;
  page_hints[page & ((1 << PAGE_HINT_INDEX_BITS) - 1)] = page_hint(page);
}

/// Has all hints expire.
void page_hints_expire(void);

#endif
