// For processors with the usual parts of AVX-512.
#if defined(__x86_64__)
#define SET avx512
#define HAS_F16C 1
#define HAS_FMA 1
#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,f16c,fma"))), apply_to = function)
#include "row_set.h"
#pragma clang attribute pop
#endif
