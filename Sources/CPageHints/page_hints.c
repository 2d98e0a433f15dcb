#include "CPageHints.h"

uint32_t page_hints[1 << PAGE_HINT_INDEX_BITS];
uint32_t page_hints_age = 1;

void page_hints_expire(void) {
  uint32_t age = __atomic_load_n(&page_hints_age, __ATOMIC_RELAXED);
  // A hint of the same age in the round before may be believed once more: that costs a wait, and nothing else.
  __atomic_store_n(&page_hints_age, age % ((1u << PAGE_HINT_AGE_BITS) - 1) + 1, __ATOMIC_RELAXED);
}
