// The kernels of one set of instructions. SET is its name. HAS_F16C says whether it converts f16. VECTOR is how many bytes are
// compared at once: two registers.

#include "block_kernels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

// Squares are rounded before they are added, in all sets.
#pragma STDC FP_CONTRACT OFF
// Vectors are arguments of functions that no other file calls.
#pragma clang diagnostic ignored "-Wpsabi"
// What is not equal to itself is NaN, and no integer is.
#pragma clang diagnostic ignored "-Wtautological-compare"

#define PASTE_(a, b, c) a##_##b##_##c
#define PASTE(a, b, c) PASTE_(a, b, c)
#define INLINE static inline __attribute__((always_inline))

typedef double f64x8 __attribute__((ext_vector_type(8)));
typedef float f32x8 __attribute__((ext_vector_type(8)));
typedef uint16_t u16x8 __attribute__((ext_vector_type(8)));
typedef uint32_t u32x8 __attribute__((ext_vector_type(8)));
typedef uint64_t u64x8 __attribute__((ext_vector_type(8)));

// MARK: f16 as f32

#if HAS_F16C
typedef _Float16 f16x8 __attribute__((ext_vector_type(8)));
INLINE f32x8 widened(u16x8 halves) { return __builtin_convertvector(__builtin_bit_cast(f16x8, halves), f32x8); }
#else
INLINE f32x8 widened(u16x8 halves) {
  u32x8 half = __builtin_convertvector(halves, u32x8);
  u32x8 magnitude = (half & 0x7FFF) << 13;
  // The exponent's bias is another; a small number gets a leading one by that.
  u32x8 scaled = __builtin_bit_cast(u32x8, __builtin_bit_cast(f32x8, magnitude) * 0x1p112f);
  u32x8 is_special = __builtin_bit_cast(u32x8, (half & 0x7C00) == 0x7C00);
  u32x8 bits = (scaled & ~is_special) | ((magnitude | 0x7F800000) & is_special);
  return __builtin_bit_cast(f32x8, bits | (half & 0x8000) << 16);
}
#endif

// MARK: Types

// block_type.h makes kernels of each TYPE, whose ELEMENT is what a file holds. TO_KEYS makes a vector of what is computed
// with, KEY, of a vector of elements.

#define IDENTITY(elements) (elements)
#define TO_KEYS IDENTITY

#define IS_FLOAT 1
#define TYPE f64
#define ELEMENT double
#define KEY double
#include "block_type.h"

#define TYPE f32
#define ELEMENT float
#define KEY float
#include "block_type.h"
#undef TO_KEYS

#define TO_KEYS widened
#define TYPE f16
#define ELEMENT uint16_t
#define KEY float
#include "block_type.h"
#undef TO_KEYS
#undef IS_FLOAT

// TOTAL holds the sum of a block. Where none does, the sum is made of that of the upper halves, and BIAS makes numbers
// positive.
#define IS_FLOAT 0
#define TO_KEYS IDENTITY
#define TYPE i8
#define ELEMENT int8_t
#define KEY int8_t
#define TOTAL int32_t
#include "block_type.h"

#define TYPE u8
#define ELEMENT uint8_t
#define KEY uint8_t
#define TOTAL uint32_t
#include "block_type.h"

#define TYPE i16
#define ELEMENT int16_t
#define KEY int16_t
#define TOTAL int32_t
#include "block_type.h"

#define TYPE u16
#define ELEMENT uint16_t
#define KEY uint16_t
#define TOTAL uint32_t
#include "block_type.h"

#define TYPE i32
#define ELEMENT int32_t
#define KEY int32_t
#define TOTAL int64_t
#include "block_type.h"

#define TYPE u32
#define ELEMENT uint32_t
#define KEY uint32_t
#define TOTAL uint64_t
#include "block_type.h"

#define TYPE i64
#define ELEMENT int64_t
#define KEY int64_t
#define BIAS (UINT64_C(1) << 63)
#include "block_type.h"

#define TYPE u64
#define ELEMENT uint64_t
#define KEY uint64_t
#define BIAS UINT64_C(0)
#include "block_type.h"
#undef TO_KEYS

#define TRUTHS(bytes) (((bytes) != 0) & 1)
#define TO_KEYS TRUTHS
#define TYPE boolean
#define ELEMENT uint8_t
#define KEY uint8_t
#define TOTAL uint32_t
#include "block_type.h"

const block_set PASTE(block, set, SET) = {
  .i8 = PASTE(i8, kernel, SET),
  .i16 = PASTE(i16, kernel, SET),
  .i32 = PASTE(i32, kernel, SET),
  .i64 = PASTE(i64, kernel, SET),
  .u8 = PASTE(u8, kernel, SET),
  .u16 = PASTE(u16, kernel, SET),
  .u32 = PASTE(u32, kernel, SET),
  .u64 = PASTE(u64, kernel, SET),
  .f16 = PASTE(f16, kernel, SET),
  .f32 = PASTE(f32, kernel, SET),
  .f64 = PASTE(f64, kernel, SET),
  .boolean = PASTE(boolean, kernel, SET),
};
