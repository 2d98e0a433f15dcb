// How near packed rows are to query vectors.
//
// In C because the fastest instructions of a processor are known at run time only: the kernels are compiled for several
// sets of instructions, and Swift can compile a function for one. All sets give the same results to the last bit: sums
// are made in lanes whose number does not depend on the set, and nothing is fused.
//
// How exact: i8, u8, bool exactly; i16, u16 exactly up to 2^21 columns; f16 and f32 are multiplied and added up in f32, 256
// columns at a time, and those sums in f64, so that the error is at most 20 * 2^-24 of the sum of the magnitudes of what is
// added up, however many columns there are; what overflows f32, or is so small that it could vanish, is done again in f64.
// All others are f64, and their error at most (columns / 8 + 8) * 2^-53.

#ifndef C_ROW_KERNELS_H
#define C_ROW_KERNELS_H

#include <stddef.h>

/// What a score is.
typedef enum {
  /// The squared Euclidean distance.
  row_measure_squared_distance,
  row_measure_inner_product,
  /// The cosine of the angle; 0 where a vector has no length.
  row_measure_cosine,
} row_measure;

/// The kernels for one type of elements.
typedef struct row_kernel row_kernel;

/// The kernels for a type of number.
///
/// - kind: as in NumPy's codes: 'i', 'u', 'f' or 'b', of which every byte but 0 counts as 1.
/// - size: of an element, in bytes.
/// - set: which instructions: 0 for those that every processor has, more for newer ones, and -1 for the best.
///
/// Returns NULL if there are none for that type, or the processor has not those instructions.
const row_kernel *_Nullable row_kernel_find(char kind, size_t size, int set);

/// How many bytes a query is prepared in; a multiple of 64.
size_t row_kernel_query_size(const row_kernel *_Nonnull kernel, size_t columns);

/// Prepares a query of packed elements.
void row_kernel_prepare(
  const row_kernel *_Nonnull kernel, const void *_Nonnull packed, size_t columns, void *_Nonnull query);

/// Scores rows, which may begin at any byte. The score of row r for query q goes to scores[q * row_count + r]; it is NaN
/// where it is no number.
void row_kernel_score(
  const row_kernel *_Nonnull kernel, row_measure measure, const void *_Nonnull rows, size_t row_count, size_t columns,
  const void *_Nonnull queries, size_t query_count, double *_Nonnull scores);

#endif
