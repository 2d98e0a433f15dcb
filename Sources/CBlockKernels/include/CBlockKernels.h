// What blocks of packed elements add up to, and which of them are the least and the greatest.
//
// In C because the fastest instructions of a processor are known at run time only: the kernels are compiled for several
// sets of instructions, and Swift can compile a function for one. All sets give the same results to the last bit: floats
// are added in lanes whose number does not depend on the set, in the same order, and nothing is fused.
//
// A block is at most 64 KiB, begins at any byte, and may change while it is read: then the results are those of some
// mixture.

#ifndef C_BLOCK_KERNELS_H
#define C_BLOCK_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// An exact sum, as the halves of an integer of 128 bits.
typedef struct block_sum {
  uint64_t low;
  int64_t high;
} block_sum;

/// The least or greatest element of a block.
typedef struct block_extreme {
  /// The element from the lowest byte on; of an f16, it as an f32; of a bool, 0 or 1. NaN if one was found.
  uint64_t key;
  /// Where it is first.
  size_t index;
} block_extreme;

/// The kernels for one type of elements. Each is O(count).
typedef struct block_kernel {
  /// The exact sum; NULL for floats.
  block_sum (*_Nullable exact_sum)(const void *_Nonnull block, size_t count);
  /// The sum in f64: pairwise down to runs of 128 elements, and these in eight lanes.
  double (*_Nonnull pairwise_sum)(const void *_Nonnull block, size_t count);
  /// The sum of the squared distances from a mean, in the same way.
  double (*_Nonnull squared_deviations)(const void *_Nonnull block, size_t count, double mean);
  /// The least and the greatest of one element or more; the first NaN is both. What is not wanted is NULL.
  void (*_Nonnull extremes)(
    const void *_Nonnull block, size_t count, block_extreme *_Nullable least, block_extreme *_Nullable greatest);
} block_kernel;

/// The kernels for a type of number.
///
/// - kind: as in NumPy's codes: 'i', 'u', 'f' or 'b', of which every byte but 0 counts as 1.
/// - size: of an element, in bytes.
/// - set: which instructions: 0 for those that every processor has, more for newer ones, and -1 for the best.
///
/// Returns NULL if there are none for that type, or the processor has not those instructions.
const block_kernel *_Nullable block_kernel_find(char kind, size_t size, int set);

#endif
