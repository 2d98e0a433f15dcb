#include "block_kernels.h"

static const block_set *find_set(int set) {
#if defined(__x86_64__)
  if ((set == 1 || set < 0) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c")) return &block_set_avx2;
#endif
  return set > 0 ? NULL : &block_set_portable;
}

const block_kernel *block_kernel_find(char kind, size_t size, int set) {
  const block_set *found = find_set(set);
  if (found == NULL) return NULL;
  switch (kind) {
  case 'i':
    switch (size) {
    case 1: return &found->i8;
    case 2: return &found->i16;
    case 4: return &found->i32;
    case 8: return &found->i64;
    }
    return NULL;
  case 'u':
    switch (size) {
    case 1: return &found->u8;
    case 2: return &found->u16;
    case 4: return &found->u32;
    case 8: return &found->u64;
    }
    return NULL;
  case 'f':
    switch (size) {
    case 2: return &found->f16;
    case 4: return &found->f32;
    case 8: return &found->f64;
    }
    return NULL;
  case 'b': return size == 1 ? &found->boolean : NULL;
  }
  return NULL;
}
