// The one function that needed a newer C library than RHEL 9 and Amazon Linux 2023 have (glibc 2.34): `hypotf`, which has
// a second version since 2.35. Swift's overlay of the C library is linked as a whole and mentions it, though nothing in
// the module calls it. Defined here, it is not looked for elsewhere; `exports.map` keeps it to the module.
//
// It answers what the C library's does: squares of floats are exact as doubles, and neither they nor their sum overflow or
// underflow, so that only the sum, the root and the last conversion round.

#include <math.h>

float hypotf(float x, float y) {
  if (isinf(x) || isinf(y)) return INFINITY;
  return (float)__builtin_sqrt((double)x * x + (double)y * y);
}
