// For processors with AVX2, F16C and FMA: since 2013.
#if defined(__x86_64__)
#define SET avx2
#define HAS_F16C 1
#define HAS_FMA 1
#pragma clang attribute push(__attribute__((target("avx2,f16c,fma"))), apply_to = function)
#include "row_set.h"
#pragma clang attribute pop
#endif
