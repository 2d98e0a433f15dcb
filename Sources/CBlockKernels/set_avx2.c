// For processors with AVX2 and F16C: since 2013.
#if defined(__x86_64__)
#define SET avx2
#define VECTOR 64
#define HAS_F16C 1
#pragma clang attribute push(__attribute__((target("avx2,f16c"))), apply_to = function)
#include "block_set.h"
#pragma clang attribute pop
#endif
