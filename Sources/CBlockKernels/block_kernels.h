#include "CBlockKernels.h"

// What sets of instructions share.

/// The kernels that a set of instructions has.
typedef struct block_set {
  block_kernel i8, i16, i32, i64, u8, u16, u32, u64, f16, f32, f64, boolean;
} block_set;

extern const block_set block_set_portable, block_set_avx2;
